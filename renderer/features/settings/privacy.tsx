import type { Environment } from '../../../shared/domain.ts'
import { CopyButton } from '../../components/copy-button.tsx'
import { Command } from './section.tsx'
import styles from './settings.module.css'
import { socketsCommand } from './sockets-command.ts'

/** What leaves the machine: nothing; and how to see that without believing it. */
export function Privacy({ environment }: { readonly environment: Environment }) {
  const { host, grader, platform, processId } = environment
  const command = socketsCommand(platform, processId)
  return (
    <>
      <ul className={styles.list}>
        <li>Prompts, pictures, models and votes stay in the folders named above. There is no account.</li>
        <li>No telemetry, no crash reports, no search for updates, no downloads while it runs.</li>
        <li>
          {host === 'desktop'
            ? 'The window can load nothing from any network: names are never looked up, and every request that is not its own is refused.'
            : 'The studio listens on 127.0.0.1 alone, and lets in only windows that bring a link which it has printed itself.'}
        </li>
        <li>
          The telemetry of onnxruntime is switched off.
          {platform === 'win32' &&
            ' On Windows it goes through the system, whose own settings for diagnostic data decide.'}
        </li>
        <li>
          {grader === null
            ? 'No language model is asked: no endpoint is set.'
            : `Where a run asks the LLM grader, its pictures go to ${grader.endpoint}, which must be this machine.`}
        </li>
      </ul>
      <h4 className={styles.subtitle}>Check it yourself</h4>
      <p>
        This lists every connection of the studio and its engine while a run works.{' '}
        {host === 'desktop'
          ? 'Expect no line at all.'
          : 'Expect 127.0.0.1 at both ends of every line: this window’s own.'}
      </p>
      <Command text={command} tool={<CopyButton text={command} what="command" />} />
      <p>Or switch the network off and make a run: nothing is different.</p>
      <p className={styles.note}>
        The tests hold it too (npm test): that no request of the window goes anywhere but to the studio, that
        the page’s policy stops a page that was taken over, that the loopback host refuses every other
        machine, page and name, and that the runtime leaves neither an identifier nor a report on the disk.
      </p>
    </>
  )
}
