import type { RunDetail } from './domain.ts'
import type { DrawnColumn, DrawnFigure } from './figure-drawing.ts'
import { figureOf, firstVerifier, guideName, labelOfScore } from './figure.ts'
import type { Column } from './figure.ts'
import { formatCount, formatDelta, formatScore, formatSeconds } from './format.ts'
import { costDifference, equalCostPair, verdict } from './pairing.ts'
import { algorithms } from './vocabulary.ts'

/** Hashes of the images that the figure of a run shows. */
export function imagesOfFigure(run: RunDetail): readonly string[] {
  const { baselines, search } = figureOf(run)
  return [...baselines, ...search].flatMap(({ complete, image }) =>
    complete && image !== null ? [image.imageSha256] : [],
  )
}

/** The figure of a run in words and pictures, as the window shows it. */
export function drawnFigureOf(run: RunDetail, urls: ReadonlyMap<string, string>): DrawnFigure {
  const { spec } = run
  const figure = figureOf(run)
  const pair = equalCostPair(figure)
  const drawn = (column: Column): DrawnColumn => {
    const image = column.complete ? column.image : null
    const url = image === null ? undefined : urls.get(image.imageSha256)
    return {
      name: column.name,
      costs: [`${formatCount(column.nfe)} NFE`, column.seconds === null ? '' : formatSeconds(column.seconds)],
      image: url === undefined ? null : { url, width: 1, height: 1 },
      score: image === null ? 'not made' : column.score === null ? 'no score' : formatScore(column.score),
      delta: column.delta === null ? '' : formatDelta(column.delta),
      winner: image !== null && image.arm === 'search' && image.seq === figure.winner?.seq,
    }
  }
  const settings = [
    ...[spec.pack, algorithms[spec.algorithm].label, guideName(spec)],
    ...[`${formatCount(spec.steps)} ${spec.sampler} steps`, `guidance ${spec.guidance}`, `seed ${spec.seed}`],
  ]
  return {
    title: spec.prompt,
    subtitle: settings.join(', '),
    halves: [
      { title: 'More steps, one noise', columns: figure.baselines.map(drawn) },
      { title: 'Search', columns: figure.search.map(drawn) },
    ],
    verdict:
      pair === null
        ? ''
        : [verdict(pair, labelOfScore(spec, firstVerifier(spec))), costDifference(pair)]
            .filter((part) => part !== null)
            .join(' '),
  }
}
