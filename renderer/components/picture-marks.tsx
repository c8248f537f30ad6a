import type { Flag, Rating } from '../../shared/gallery.ts'
import styles from './picture-marks.module.css'

type PictureMarksProps = { readonly flag: Flag; readonly rating: Rating }

/**
 * What a person has said of a picture, on a veil at its lower left corner: the flag, then as many stars. Nothing where
 * nothing was said. Decoration: the picture's label says it in words (`marksInWords`). Its parent is positioned.
 */
export function PictureMarks({ flag, rating }: PictureMarksProps) {
  if (flag === null && rating === 0) return null
  return (
    <span className={styles.marks} aria-hidden="true">
      {flag !== null && (
        <svg className={styles[flag]} width="10" height="10" viewBox="0 0 10 10">
          {flag === 'pick' ? (
            <path d="M1.5 0v10h1.2V6.2H9L7.2 3.4 9 .6H2.7V0z" fill="currentColor" />
          ) : (
            <path d="M1.6 1.6l6.8 6.8M8.4 1.6L1.6 8.4" stroke="currentColor" strokeWidth="1.7" />
          )}
        </svg>
      )}
      {rating > 0 && (
        <svg className={styles.stars} width={rating * 10} height="10" viewBox={`0 0 ${rating * 10} 10`}>
          {Array.from({ length: rating }, (_, index) => (
            <path
              key={index}
              transform={`translate(${index * 10} 0)`}
              d="M5 .6l1.3 2.9 3.1.3-2.3 2.1.7 3.1L5 7.4 2.2 9l.7-3.1L.6 3.8l3.1-.3z"
              fill="currentColor"
            />
          ))}
        </svg>
      )}
    </span>
  )
}
