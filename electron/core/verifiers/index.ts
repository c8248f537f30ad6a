/** Every verifier that scores single images with a pack's networks: what has to be evaluated for it, and how that becomes its score. */

import type { PackVerifierId, setVerifier } from '../../../shared/vocabulary.ts'
import { aestheticScore } from './aesthetic-score.ts'
import { clipScore } from './clip-score.ts'
import { clipZeroShot } from './clip-zero-shot.ts'
import { dinoLinear } from './dino-linear.ts'
import type { Evidence } from './evidence.ts'
import { imageReward } from './image-reward.ts'
import { inceptionConfidence } from './inception-confidence.ts'
import { pickScore } from './pick-score.ts'
import { selfSimilarity } from './self-similarity.ts'

export type Verifier = {
  /** The parts of the evidence that the score is made of; the others may be null. */
  readonly needs: readonly ('image' | 'early' | 'pair' | 'text' | 'classIndex' | 'classWeight')[]
  /** The score of one image; null where a part is missing or not finite: no score, never zero. */
  readonly score: (evidence: Evidence) => number | null
}

/** Not among them: frechet, which is of sets (frechet.ts), and the grader's (llm-grader.ts). */
export const verifiers: Readonly<Record<Exclude<PackVerifierId, typeof setVerifier>, Verifier>> = {
  clip_score: {
    needs: ['image', 'text'],
    score: ({ image, text }) => clipScore(image?.embedding ?? null, text),
  },
  clip_zero_shot: {
    needs: ['image', 'classWeight'],
    score: ({ image, classWeight }) => clipZeroShot(image?.embedding ?? null, classWeight),
  },
  aesthetic_score: {
    needs: ['image'],
    score: ({ image }) => aestheticScore(image?.score ?? null),
  },
  image_reward: {
    needs: ['pair'],
    score: ({ pair, reward }) => imageReward(pair, reward),
  },
  pick_score: {
    needs: ['image', 'text'],
    score: ({ image, text, logitScale }) => pickScore(image?.embedding ?? null, text, logitScale),
  },
  dino_linear: {
    needs: ['image', 'classIndex'],
    score: ({ image, classIndex }) => dinoLinear(image?.logits ?? null, classIndex),
  },
  inception_confidence: {
    needs: ['image', 'classIndex'],
    score: ({ image, classIndex }) => inceptionConfidence(image?.logits ?? null, classIndex),
  },
  clip_self: {
    needs: ['image', 'early'],
    score: ({ image, early }) => selfSimilarity(early?.embedding ?? null, image?.embedding ?? null),
  },
  dino_self: {
    needs: ['image', 'early'],
    score: ({ image, early }) => selfSimilarity(early?.embedding ?? null, image?.embedding ?? null),
  },
  siglip_self: {
    needs: ['image', 'early'],
    score: ({ image, early }) => selfSimilarity(early?.embedding ?? null, image?.embedding ?? null),
  },
}
