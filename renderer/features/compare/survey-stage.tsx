import type { PictureId } from '../../../shared/gallery.ts'
type SurveyStageProps = { readonly pictures: readonly PictureId[]; readonly onClose: () => void }

export function SurveyStage({ pictures }: SurveyStageProps) {
  return <p>{pictures.length}</p>
}
