import { Picture } from '../components/picture.tsx'
import styles from './welcome.module.css'

const baselines = [5, 20, 80, 160]
const search = [1, 2, 4, 8]

/** The gallery before the first run: the shape of what will be there. */
export function Welcome() {
  return (
    <section className={styles.welcome} aria-label="Welcome">
      <div className={styles.text}>
        <h2 className={styles.title}>Pan the noise for the best image</h2>
        <p className={styles.about}>
          Say what the image should show and press Run. On the left one noise gets more and more steps; on the
          right the same compute goes into trying more noises, and the guide keeps the best.
        </p>
      </div>
      <div className={styles.ghost} aria-hidden="true">
        <div>
          <p className={styles.arm}>More steps</p>
          <div className={styles.row}>
            {baselines.map((steps) => (
              <Ghost key={steps} grain={7} label={`${steps} steps`} />
            ))}
          </div>
        </div>
        <div>
          <p className={styles.arm}>Search</p>
          <div className={styles.row}>
            {search.map((count) => (
              <Ghost
                key={count}
                grain={40 + count}
                label={count === 1 ? 'first noise' : `best of ${count}`}
              />
            ))}
          </div>
        </div>
      </div>
    </section>
  )
}

function Ghost({ grain, label }: { readonly grain: number; readonly label: string }) {
  return (
    <div className={styles.tile}>
      <p className={styles.label}>{label}</p>
      <Picture url={null} alt="" grain={grain} />
    </div>
  )
}
