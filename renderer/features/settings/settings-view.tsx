import { formatMoment } from '../../../shared/format.ts'
import type { Preferences } from '../../../shared/preferences.ts'
import { useQuery, useStudio, valueOf } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { Facts } from '../../components/facts.tsx'
import { FaultPanel } from '../../components/fault-panel.tsx'
import { Segments } from '../../components/segments.tsx'
import { Stage } from '../../components/stage.tsx'
import { DeviceChoice } from './device-choice.tsx'
import { licences } from './licences.ts'
import { Notifications } from './notifications.tsx'
import { Privacy } from './privacy.tsx'
import { Command, Section } from './section.tsx'
import styles from './settings.module.css'
import { usePreferences } from './use-preferences.ts'

type SettingsViewProps = {
  readonly onClose: () => void
  /** Opens the list of keys. */
  readonly onKeys: () => void
}

/** What holds for the studio as a whole. Everything takes effect at once. */
export function SettingsView({ onClose, onKeys }: SettingsViewProps) {
  const { refresh } = useStudio()
  const { preferences, error, change } = usePreferences()
  const environment = valueOf(useQuery('environment'))
  const packs = valueOf(useQuery('packs')) ?? []
  return (
    <Stage title="Settings" onClose={onClose}>
      <div className={styles.settings}>
        {error !== null && (
          <FaultPanel
            title={preferences === null ? 'The settings cannot be read' : 'The change was not kept'}
            error={error}
          >
            <Button onClick={refresh}>Read them again</Button>
          </FaultPanel>
        )}
        {preferences !== null && (
          <Section title="Appearance" about="Pictures are judged best in the dark room.">
            <Segments
              label="Theme"
              value={preferences.theme}
              options={themes}
              onPick={(theme) => change({ theme })}
            />
          </Section>
        )}
        {preferences !== null && environment !== null && (
          <Section title="Notifications">
            <Notifications
              host={environment.host}
              on={preferences.notifyAtEnd}
              onToggle={(notifyAtEnd) => change({ notifyAtEnd })}
            />
          </Section>
        )}
        <Section
          title="Devices"
          about="What new runs are made on. The form can choose another one for a single run; none is ever changed silently."
        >
          <DeviceChoice chosen={preferences?.device ?? null} onChoose={(device) => change({ device })} />
        </Section>
        {environment !== null && (
          <>
            <Section
              title="Library"
              about="Pictures as PNG files with their recipes inside, and a catalogue that can be made again from them."
            >
              <Facts
                facts={[
                  {
                    name: 'Folder',
                    value: environment.libraryPath,
                    tool: <CopyButton text={environment.libraryPath} what="path of the library" />,
                  },
                  {
                    name: 'Models',
                    value: environment.modelsFolder,
                    tool: <CopyButton text={environment.modelsFolder} what="path of the models" />,
                  },
                  {
                    name: 'Backups',
                    value: backupsInWords(environment.backups),
                    tool: <CopyButton text={environment.backups.folder} what="path of the backups" />,
                  },
                ]}
              />
              <p>
                Another library is opened when the studio starts. GOLDPAN_LIBRARY names one for good,
                GOLDPAN_MODELS a folder of models that several share.
              </p>
              <Command text={openAnother} tool={<CopyButton text={openAnother} what="command" />} />
            </Section>
            <Section title="Privacy" about="Nothing leaves this machine.">
              <Privacy environment={environment} />
            </Section>
          </>
        )}
        <Section title="Keys" about="Each has one meaning, in every view.">
          <Button icon="keyboard" aria-keyshortcuts="?" onClick={onKeys}>
            Show all keys
          </Button>
        </Section>
        <Section title="About">
          <p>
            Goldpan {environment?.version}. MIT licence. Searches over noise as in Ma et al. 2025,
            &ldquo;Inference-Time Scaling for Diffusion Models beyond Scaling Denoising Steps&rdquo;.
          </p>
          <Licences
            title="Models"
            rows={packs.map(({ id, name, version, licence }) => [id, `${name} ${version}`, licence])}
          />
          <Licences
            title="Built with"
            rows={licences.map(({ name, what, licence }) => [name, `${name}, ${what}`, licence])}
          />
        </Section>
      </div>
    </Stage>
  )
}

const themes: readonly { readonly id: Preferences['theme']; readonly label: string }[] = [
  { id: 'system', label: 'As the system' },
  { id: 'dark', label: 'Dark' },
  { id: 'light', label: 'Light' },
]

const openAnother = 'npm start -- --library DIR'

function backupsInWords({
  count,
  newest,
}: {
  readonly count: number
  readonly newest: string | null
}): string {
  if (newest === null) return 'None yet: one is made whenever the studio closes.'
  const many = count === 1 ? 'One copy' : `${count} copies`
  return `${many} of the catalogue, the newest of ${formatMoment(newest, new Date())}. One more whenever the studio closes; ten are kept.`
}

type LicencesProps = {
  readonly title: string
  /** Key, what it is, licence. */
  readonly rows: readonly (readonly [string, string, string])[]
}

function Licences({ title, rows }: LicencesProps) {
  return (
    <details className={styles.details}>
      <summary>
        {title} ({rows.length})
      </summary>
      <dl className={styles.licences}>
        {rows.map(([key, what, licence]) => (
          <div key={key}>
            <dt>{what}</dt>
            <dd>{licence}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}
