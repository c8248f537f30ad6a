import { useRef, useState } from 'react'

import type { Environment } from '../../../shared/domain.ts'
import { Button } from '../../components/button.tsx'
import { Switch } from '../../components/controls.tsx'
import styles from './settings.module.css'

type NotificationsProps = {
  readonly host: Environment['host']
  readonly on: boolean
  readonly onToggle: (on: boolean) => void
}

/** Whether an end is told; in a browser also whether the browser lets it be, which is asked by a press and never before. */
export function Notifications({ host, on, onToggle }: NotificationsProps) {
  const [permission, setPermission] = useState(permissionNow)
  const answer = useRef<HTMLDivElement>(null)
  const ask = async () => {
    await Notification.requestPermission()
    setPermission(permissionNow())
    // The button goes: whoever pressed it is brought to the answer.
    answer.current?.focus()
  }
  return (
    <>
      <Switch
        on={on}
        onToggle={onToggle}
        label="Say quietly that a run has ended, when the window is not in front"
      />
      <p className={styles.note}>
        It says the run’s number and how many images there are, never the prompt: other programs see
        notifications.
      </p>
      {host === 'browser' && on && (
        <div ref={answer} className={styles.permission} role="status" tabIndex={-1}>
          <span>{permissionInWords[permission]}</span>
          {permission === 'default' && <Button onClick={() => void ask()}>Allow notifications…</Button>}
        </div>
      )}
    </>
  )
}

type Permission = NotificationPermission | 'absent'

const permissionNow = (): Permission => ('Notification' in window ? Notification.permission : 'absent')

const permissionInWords: Readonly<Record<Permission, string>> = {
  default: 'This browser has not been asked whether it shows them.',
  granted: 'This browser shows them.',
  denied: 'This browser refuses them for this page. Its settings for the site can allow them.',
  absent: 'This browser has none. The title of the window shows how far a run is.',
}
