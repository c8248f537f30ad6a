/** What the rooms of a run share: starting, evaluation, finishing and failures each take of it what they need. */

import type { RunSpec } from '../../../shared/run-spec.ts'
import type { ImagePackManifest, InstalledPack } from '../../packs/manifest.ts'
import type { Engine, Library } from './adapters.ts'
import type { Changes } from './changes.ts'
import type { Commits } from './commits.ts'
import type { RunControl } from './control.ts'
import type { JobQueue } from './jobs.ts'
import type { NoiseMaker } from './noise-maker.ts'
import type { Panel, SeatedPack } from './panel.ts'
import type { PopulationGuide } from './population-guide.ts'
import type { ProgressReport } from './progress.ts'
import type { Spending } from './spending.ts'
import type { UnderWay } from './under-way.ts'

/** What a run is given. */
export type RunSetting = {
  readonly runId: number
  readonly spec: RunSpec
  readonly pack: InstalledPack<ImagePackManifest>
  /** The packs that hold the guide's and the held-out verifiers, each with those of them that it scores. */
  readonly verifierPacks: readonly SeatedPack[]
  readonly engine: Engine
  readonly library: Library
  readonly control: RunControl
  /** A finished image is in the library, or a failure. */
  readonly onCandidate: () => void
}

/** What a run works with, ready. */
export type RunParts = RunSetting & {
  readonly queue: JobQueue
  readonly spending: Spending
  readonly report: ProgressReport
  readonly panel: Panel
  /** Null unless a population guides. */
  readonly population: PopulationGuide | null
  readonly noises: NoiseMaker
  readonly commits: Commits
  /** Told whenever a lane without work may find some. */
  readonly changes: Changes
  readonly underWay: UnderWay
}
