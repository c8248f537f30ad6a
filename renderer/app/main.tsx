import './without-eval.ts'
import './stray-drops.ts'
import '../styles/tokens.css'
import '../styles/base.css'

import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import { Entrance } from './entrance.tsx'
import { FaultBoundary } from './fault-boundary.tsx'

const root = document.getElementById('root')
if (root === null) throw new Error('Expected an element with the id root in index.html, found none.')

createRoot(root).render(
  <StrictMode>
    <FaultBoundary>
      <Entrance />
    </FaultBoundary>
  </StrictMode>,
)
