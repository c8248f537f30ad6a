import { useState } from 'react'

import type { Candidate } from '../../../shared/domain.ts'
import { toErrorData } from '../../../shared/errors.ts'
import { useStudio } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { replayedOf } from './steering.ts'
import styles from './replay-button.module.css'

/** Makes an image again from its recipe alone and says whether it is the same. */
export function ReplayButton({ image }: { readonly image: Candidate }) {
  const { bridge } = useStudio()
  const [isWorking, setWorking] = useState(false)
  const [said, say] = useState<{ readonly text: string; readonly isFault: boolean } | null>(null)
  // Not disabled while it works: that would take the focus away, and Escape with it.
  const replay = () => {
    if (isWorking) return
    setWorking(true)
    say({ text: 'Making it again, after what is at work…', isFault: false })
    const { runId, arm, seq } = image
    bridge
      .replay({ runId, arm, seq })
      .then(
        (report) => say({ text: replayedOf(report), isFault: !report.same }),
        (thrown: unknown) => say({ text: toErrorData(thrown).message, isFault: true }),
      )
      .finally(() => setWorking(false))
  }
  return (
    <div className={styles.replay}>
      <Button icon="repeat" aria-disabled={isWorking} onClick={replay}>
        Make again
      </Button>
      <p role="status" className={classes(styles.said, said?.isFault === true && styles.fault)}>
        {said?.text}
      </p>
    </div>
  )
}
