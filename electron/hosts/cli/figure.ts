import { drawnFigureOf, imagesOfFigure } from '../../../shared/drawn-figure.ts'
import { imagesAsUrls } from '../../../shared/drawn-images.ts'
import { StudioError } from '../../../shared/errors.ts'
import { figureDrawing } from '../../../shared/figure-drawing.ts'
import { papers, type PaperId } from '../../../shared/svg.ts'
import { libraryOption, type Command } from './command.ts'
import { runIdOf } from './references.ts'
import { withStudio } from './with-studio.ts'
import { writeNewFile } from './write-new-file.ts'

export const figureCommand: Command = {
  name: 'figure',
  operands: ['RUN', 'FILE.svg'],
  about: 'Draws the figure of a run: more steps on the left, search on the right, with costs and scores.',
  options: {
    paper: { type: 'string', value: 'light|dark', about: 'what it is drawn on (default: light)' },
    force: { type: 'boolean', about: 'write over a file that is there' },
    ...libraryOption,
  },
  run(args) {
    const runId = runIdOf(args)
    const [, file = ''] = args.operands
    const paper = args.text('paper') ?? 'light'
    if (!isPaper(paper)) {
      throw new StudioError('bad_input', `paper: expected light or dark, found ${JSON.stringify(paper)}`)
    }
    return withStudio(args, async (studio) => {
      const run = await studio.api.run({ runId })
      const urls = await imagesAsUrls(studio.api, imagesOfFigure(run))
      await writeNewFile(file, figureDrawing(drawnFigureOf(run, urls), paper), args.flag('force'))
      process.stdout.write(`Drew the figure of run ${runId} to ${file}.\n`)
      return 0
    })
  },
}

function isPaper(text: string): text is PaperId {
  return text in papers
}
