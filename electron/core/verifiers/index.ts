/** Every verifier that scores single images with a pack's networks: what has to be evaluated for it, and how that becomes its score. */

import type { PackVerifierId, setVerifier } from '../../../shared/vocabulary.ts'
import { aestheticScore } from './aesthetic-score.ts'
import { clipScore, clipScoreGradient } from './clip-score.ts'
import { clipZeroShot } from './clip-zero-shot.ts'
import { cosineGradient } from './cosine.ts'
import { dinoLinear, dinoLinearGradient } from './dino-linear.ts'
import type { Evidence, ImageFeatures } from './evidence.ts'
import { hpsScore } from './hps-score.ts'
import { imageReward, imageRewardGradient } from './image-reward.ts'
import { inceptionConfidence, inceptionConfidenceGradient } from './inception-confidence.ts'
import { pickScore, pickScoreGradient } from './pick-score.ts'
import { selfSimilarity } from './self-similarity.ts'
import { siglipScore } from './siglip-score.ts'
import { you, youGradient } from './you.ts'

export type Verifier = {
  /** The parts of the evidence that the score is made of; the others may be null. */
  readonly needs: readonly ('image' | 'early' | 'pair' | 'text' | 'classIndex' | 'classWeight')[]
  /** The score of one image; null where a part is missing or not finite: no score, never zero. */
  readonly score: (evidence: Evidence) => number | null
  /** Where the score is a smooth function of one output of the image tower, or of the pair tower's. */
  readonly gradient?: {
    readonly of: keyof ImageFeatures | 'pair'
    /** The gradient of the score over that output, of its length; null where there is no score. */
    readonly over: (evidence: Evidence) => Float32Array | null
  }
}

/** Not among them: frechet, which is of sets (frechet.ts), and the grader's (llm-grader.ts). */
export const verifiers: Readonly<Record<Exclude<PackVerifierId, typeof setVerifier>, Verifier>> = {
  clip_score: {
    needs: ['image', 'text'],
    score: ({ image, text }) => clipScore(image?.embedding ?? null, text),
    gradient: {
      of: 'embedding',
      over: ({ image, text }) => clipScoreGradient(image?.embedding ?? null, text),
    },
  },
  clip_zero_shot: {
    needs: ['image', 'classWeight'],
    score: ({ image, classWeight }) => clipZeroShot(image?.embedding ?? null, classWeight),
    gradient: {
      of: 'embedding',
      over: ({ image, classWeight }) => cosineGradient(image?.embedding ?? null, classWeight),
    },
  },
  aesthetic_score: {
    needs: ['image'],
    score: ({ image }) => aestheticScore(image?.score ?? null),
    gradient: {
      of: 'score',
      over: ({ image }) => (aestheticScore(image?.score ?? null) === null ? null : Float32Array.of(1)),
    },
  },
  image_reward: {
    needs: ['pair'],
    score: ({ pair, reward }) => imageReward(pair, reward),
    gradient: { of: 'pair', over: ({ pair, reward }) => imageRewardGradient(pair, reward) },
  },
  pick_score: {
    needs: ['image', 'text'],
    score: ({ image, text, logitScale }) => pickScore(image?.embedding ?? null, text, logitScale),
    gradient: {
      of: 'embedding',
      over: ({ image, text, logitScale }) => pickScoreGradient(image?.embedding ?? null, text, logitScale),
    },
  },
  hps_score: {
    needs: ['image', 'text'],
    score: ({ image, text }) => hpsScore(image?.embedding ?? null, text),
    gradient: {
      of: 'embedding',
      over: ({ image, text }) => cosineGradient(image?.embedding ?? null, text),
    },
  },
  siglip_score: {
    needs: ['image', 'text'],
    score: ({ image, text, ...scale }) => siglipScore(image?.embedding ?? null, text, scale),
  },
  dino_linear: {
    needs: ['image', 'classIndex'],
    score: ({ image, classIndex }) => dinoLinear(image?.logits ?? null, classIndex),
    gradient: {
      of: 'logits',
      over: ({ image, classIndex }) => dinoLinearGradient(image?.logits ?? null, classIndex),
    },
  },
  inception_confidence: {
    needs: ['image', 'classIndex'],
    score: ({ image, classIndex }) => inceptionConfidence(image?.logits ?? null, classIndex),
    gradient: {
      of: 'logits',
      over: ({ image, classIndex }) => inceptionConfidenceGradient(image?.logits ?? null, classIndex),
    },
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
  you: {
    needs: ['image'],
    score: ({ image, personal }) => you(image?.embedding ?? null, personal),
    gradient: {
      of: 'embedding',
      over: ({ image, personal }) => youGradient(image?.embedding ?? null, personal),
    },
  },
}
