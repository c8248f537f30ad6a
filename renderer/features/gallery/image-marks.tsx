import type { Candidate, RunDetail } from '../../../shared/domain.ts'
import { useMarks, usePictureMarks } from '../../api/hooks.ts'
import { MarkBar } from '../../components/mark-bar.tsx'
import { pictureOf } from '../../logic/run-image.ts'

/** Flag and stars of an image, to be seen and changed by the mouse. */
export function ImageMarks({ run, image }: { readonly run: RunDetail; readonly image: Candidate }) {
  const id = pictureOf(run, image)
  const marks = useMarks()
  const said = usePictureMarks(id)
  if (id === null || said === null) return null
  const name = image.arm === 'baseline' ? `the image of ${image.steps} steps` : `#${image.seq}`
  return <MarkBar {...said} name={name} onMark={(change) => void marks.set([id], change)} />
}
