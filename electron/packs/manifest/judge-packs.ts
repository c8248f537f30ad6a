/** A judge: reads what an image shows. Evidence is made with it; it is never offered as a guide. */

import { z } from 'zod'

import { graph, head, names, pictureInput, positive, tensorName } from './parts.ts'

export const judgePackSchema = z.object({
  ...head,
  kind: z.literal('judge'),
  image: pictureInput,
  /** Names in the order of the detector's channels; the first texture is "", plain. */
  shapes: names,
  colours: names,
  textures: z.array(z.string().max(100)).min(1).max(100),
  backgrounds: names,
  /** Cells along each side of the image. */
  gridSize: positive.max(1024),
  components: z.strictObject({
    /**
     * [batch, 3, height, width] to background logits [batch, backgrounds] and cells [batch, channels, gridSize,
     * gridSize]: an objectness logit; logits of shapes, colours, textures; the centre's offset (x, y) from the cell's
     * centre, in cells; the radius in pixels over 16.
     */
    detector: graph({ pixels: tensorName }, { cells: tensorName, background: tensorName }),
  }),
})
