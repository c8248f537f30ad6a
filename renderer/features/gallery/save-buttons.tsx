import { useState } from 'react'

import { toErrorData } from '../../../shared/errors.ts'
import type { Candidate } from '../../../shared/domain.ts'
import { useStudio } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import styles from './replay-button.module.css'

/** Saves the picture as a file: as it lies in the library, with its recipe inside, or with nothing but its pixels. */
export function SaveButtons({ image }: { readonly image: Candidate }) {
  const { bridge } = useStudio()
  const [fault, setFault] = useState<string | null>(null)
  const save = async (metadata: 'all' | 'none'): Promise<void> => {
    setFault(null)
    try {
      const { png } = await bridge.exportImage({ imageSha256: image.imageSha256, metadata })
      const bytes = Uint8Array.from(atob(png), (character) => character.charCodeAt(0))
      const url = URL.createObjectURL(new Blob([bytes], { type: 'image/png' }))
      const link = document.createElement('a')
      link.href = url
      link.download = `goldpan-${image.runId}-${image.arm}-${image.seq}.png`
      link.click()
      // Not at once: the download begins after this.
      window.setTimeout(() => URL.revokeObjectURL(url), 10_000)
    } catch (thrown) {
      setFault(toErrorData(thrown).message)
    }
  }
  return (
    <div className={styles.replay}>
      <Button onClick={() => void save('all')}>Save with its recipe</Button>
      <Button onClick={() => void save('none')}>Save without metadata</Button>
      {fault !== null && <p role="alert">{fault}</p>}
    </div>
  )
}
