import { useState } from 'react'

import type { Candidate } from '../../../shared/domain.ts'
import { toErrorData } from '../../../shared/errors.ts'
import { useStudio } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { SteeringNote } from './steering-tools.tsx'
import { replayedOf } from './steering.ts'
import type { Said } from './use-steering.ts'
import styles from './replay-button.module.css'

/** Makes an image again from its recipe alone and says whether it is the same. */
export function ReplayButton({ image }: { readonly image: Candidate }) {
  const { bridge } = useStudio()
  const [isWorking, setWorking] = useState(false)
  const [said, say] = useState<Said | null>(null)
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
      <SteeringNote said={said} />
    </div>
  )
}
