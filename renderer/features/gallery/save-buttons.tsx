import { useState } from 'react'

import { toErrorData } from '../../../shared/errors.ts'
import type { Candidate } from '../../../shared/domain.ts'
import { useStudio } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { bytesOf, saveFile } from '../../components/save-file.ts'
import styles from './replay-button.module.css'

/** Saves the picture as a file: as it lies in the library, with its recipe inside, or with nothing but its pixels. */
export function SaveButtons({ image }: { readonly image: Candidate }) {
  const { bridge } = useStudio()
  const [fault, setFault] = useState<string | null>(null)
  const save = async (metadata: 'all' | 'none'): Promise<void> => {
    setFault(null)
    try {
      const { png } = await bridge.exportImage({ imageSha256: image.imageSha256, metadata })
      saveFile(
        `goldpan-${image.runId}-${image.arm}-${image.seq}.png`,
        new Blob([bytesOf(png)], { type: 'image/png' }),
      )
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
