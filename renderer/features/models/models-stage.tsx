import { useQuery, valueOf } from '../../api/hooks.ts'
import { Stage } from '../../components/stage.tsx'
import { ImportList } from './import-list.tsx'
import { ImportPanel } from './import-panel.tsx'
import styles from './models.module.css'
import { PackList } from './pack-list.tsx'

/** The models of this studio: what is installed, and the way in for a person's own. */
export function ModelsStage({ onClose }: { readonly onClose: () => void }) {
  const packs = useQuery('packs')
  const imports = valueOf(useQuery('imports')) ?? []
  const place = valueOf(useQuery('environment'))
  return (
    <Stage title="Models" onClose={onClose}>
      <div className={styles.models}>
        <ImportPanel />
        <ImportList imports={imports} />
        <PackList query={packs} />
        {place !== null && (
          <p className={styles.folder}>
            Imported models lie in <span className={styles.path}>{place.modelsFolder}</span>
          </p>
        )}
      </div>
    </Stage>
  )
}
