import { useConnected, useStudio } from '../api/hooks.ts'
import { Button } from '../components/button.tsx'
import { Icon } from '../components/icon.tsx'
import styles from './app.module.css'

/** Says quietly that the studio does not answer; it floats, so that nothing moves when it comes and goes. */
export function ConnectionBanner() {
  const { refresh } = useStudio()
  const connected = useConnected()
  return (
    <div role="status" className={styles.bannerPlace}>
      {!connected && (
        <div className={styles.banner}>
          <Icon name="offline" />
          <span>The studio does not answer. Connecting again…</span>
          <Button look="plain" onClick={refresh}>
            Try now
          </Button>
        </div>
      )}
    </div>
  )
}
