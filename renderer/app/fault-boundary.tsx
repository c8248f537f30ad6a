import { Component } from 'react'
import type { ReactNode } from 'react'

import { toErrorData } from '../../shared/errors.ts'
import type { ErrorData } from '../../shared/errors.ts'
import { Button } from '../components/button.tsx'
import { FaultPanel } from '../components/fault-panel.tsx'
import styles from './entrance.module.css'

type Props = { readonly children: ReactNode }
type State = { readonly error: ErrorData | null }

/** Catches a defect in drawing: runs go on in the studio, only this view has to be opened again. */
export class FaultBoundary extends Component<Props, State> {
  override state: State = { error: null }

  static getDerivedStateFromError(thrown: unknown): State {
    return { error: toErrorData(thrown) }
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children
    return (
      <main className={styles.page}>
        <FaultPanel title="This view has failed. Runs that are working go on." error={this.state.error}>
          <Button onClick={() => window.location.reload()}>Open it again</Button>
        </FaultPanel>
      </main>
    )
  }
}
