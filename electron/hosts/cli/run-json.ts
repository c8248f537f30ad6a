import type { Studio } from '../../core/studio.ts'
import type { Candidate, RunDetail } from '../../../shared/domain.ts'
import { StudioError } from '../../../shared/errors.ts'

/** The one object of `search --json`, `resume --json` and `show --json`. Paths are absolute. */
export function runJson(studio: Studio, run: RunDetail) {
  const image = ({ imageSha256 }: Candidate): { readonly image: string; readonly imageSha256: string } => {
    const path = studio.imageFile(imageSha256)
    if (path === null) {
      throw new StudioError(
        'library_damaged',
        `Expected image ${imageSha256} in the library, found none. Run \`npm start -- rebuild\`: images and backups are kept.`,
      )
    }
    return { image: path, imageSha256 }
  }
  const costs = ({ nfe, forwardPasses, verifierCalls, gflop }: Candidate) => ({
    ...{ nfe, forwardPasses, verifierCalls, gflop },
  })
  return {
    run: run.id,
    status: run.status.kind,
    spec: run.spec,
    ledger: run.ledger,
    baselines: run.baselines.map((one) => ({
      steps: one.steps,
      ...costs(one),
      ...image(one),
      scores: one.scores,
    })),
    candidates: run.candidates.map((one) => candidateJson(one, costs(one), image(one))),
    finals: run.finals.map((one) => ({
      ...candidateJson(one, costs(one), image(one)),
      steps: one.steps,
    })),
    failures: run.failures.map(({ arm, seq, error }) => ({ arm, seq, error })),
    interventions: run.interventions,
    winner: run.winner === null ? null : { seq: run.winner },
  }
}

function candidateJson<Costs, Image>(one: Candidate, costs: Costs, image: Image) {
  const { seq, round, parent, level, recipe, noiseSha256, scores } = one
  return { seq, round, parent, level, recipe, noiseSha256, ...costs, ...image, scores }
}
