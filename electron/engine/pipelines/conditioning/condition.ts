/** What tells a denoiser what to draw, whatever its family: inputs by their role, as the manifest names them. */

import type { LatentSize } from '../../../core/runs/adapters.ts'
import type { Feed } from '../../sessions.ts'

/** Roles of a denoiser's inputs beside latents and timestep (packs/manifest/text-packs.ts). */
export type Role =
  'hiddenStates' | 'pooled' | 'timeIds' | 'attentionMask' | 'imageIds' | 'textIds' | 'classLabels'

type Inputs = Readonly<Partial<Record<Role, Feed>>>

/** The inputs for one text. */
export type Condition = {
  /** One row of each; `dims` without the batch's axis. */
  readonly perRow: Inputs
  /** The same for all rows, as they are. */
  readonly shared: Inputs
}

/** Makes conditions of texts, and remembers what it has encoded. */
export type Conditioner = {
  /** @throws `bad_input` for a text that the pack cannot draw, `model_output_invalid` for features that are not finite */
  condition(text: string, latentSize: LatentSize): Promise<Condition>
  /** What guidance leads away from where a person names nothing. */
  unconditional(latentSize: LatentSize): Promise<Condition>
}
