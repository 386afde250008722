/** `bdl densities`: flags, and the run from data sets to report. */
import { sequenceS } from 'fp-ts/lib/Apply.js'
import * as E from 'fp-ts/lib/Either.js'
import { toyDatasets } from '@bdl/flows/toy'
import { command, complain, EXIT_CODES } from '../command.js'
import type { Raw } from '../command.js'
import { names, optional, OUT, path, required, SEED, seed } from '../flags.js'
import { interruptible } from '../interruption.js'
import type { OpenReporter } from '../progress.js'
import { madeFolder, writeReport } from '../report/folder.js'
import { plural } from '../report/words.js'
import { models } from './models.js'
import { reportHtml } from './report/html.js'
import { reportJson, timingsJson } from './report/json.js'
import { markdownTable } from './report/markdown.js'
import { montage } from './report/montage.js'
import { compareDensities } from './run.js'
import { fullSettings, quickSettings } from './settings.js'

export interface DensitiesOptions {
  readonly quick: boolean
  readonly seed: number
  /** Absent: all. */
  readonly sets: readonly string[] | undefined
  readonly models: readonly string[] | undefined
  readonly out: string
}

/** Those of the founding texts; two circles are like rings, and wait to be asked for. */
const USUAL = toyDatasets.map(({ name }) => name).filter((name) => name !== 'circles')

const check = (raw: Raw): E.Either<string, DensitiesOptions> =>
  sequenceS(E.Applicative)({
    quick: E.right(raw['quick'] === true),
    seed: required(seed)(raw['seed']),
    sets: optional(names('--sets', toyDatasets.map(({ name }) => name)))(raw['sets']), // prettier-ignore
    models: optional(names('--models', models.map(({ name }) => name)))(raw['models']), // prettier-ignore
    out: required(path('--out'))(raw['out'])
  })

const run = async (options: DensitiesOptions, reporter: OpenReporter): Promise<number> => {
  const refused = await madeFolder(options.out)
  if (refused !== null) return complain(reporter, refused)
  const settings = { ...(options.quick ? quickSettings : fullSettings), seed: options.seed }
  const chosen = {
    sets: toyDatasets.filter(({ name }) => (options.sets ?? USUAL).includes(name)),
    models: models.filter(({ name }) => options.models?.includes(name) ?? true)
  }
  reporter.say(
    `${plural(chosen.models.length, 'model')} on ${plural(chosen.sets.length, 'data set')}; seed ${options.seed}\n`
  )
  return interruptible(reporter, async (signal) => {
    const results = await compareDensities({ ...chosen, settings, reporter, signal })
    reporter.close()
    const files = {
      'report.html': await reportHtml(settings, results),
      'report.json': reportJson(settings, results),
      'timings.json': timingsJson(results),
      // What docs/densities.md shows.
      ...(results.isComplete && { 'densities.svg': await montage(results), 'densities.md': markdownTable(results) })
    }
    return writeReport(options.out, files, results.isComplete, reporter)
  })
}

const LINE = 76

/** Names in lines that fit a terminal. */
const wrapped = (all: readonly string[]): string =>
  all
    .reduce<readonly string[]>((lines, name) => {
      const last = lines.at(-1)
      const longer = `${last}, ${name}`
      return last !== undefined && longer.length <= LINE ? [...lines.slice(0, -1), longer] : [...lines, name]
    }, [])
    .join(',\n  ')

export const densitiesCommand = command({
  name: 'densities',
  summary: 'flows, flow matching and diffusion models beside baselines on data in the plane, in one report',
  flags: [
    { flag: '--quick', meaning: 'every model on every set, briefly' },
    SEED,
    { flag: '--sets <names>', meaning: 'data sets, with commas between (default: seven)' },
    { flag: '--models <names>', meaning: 'models, with commas between (default: all)' },
    OUT
  ],
  help: `
Data sets:
  ${wrapped(toyDatasets.map(({ name }) => name))}
Models:
  ${wrapped(models.map(({ name }) => name))}

Examples:
  bdl densities                           all, about ten minutes on two cores
  bdl densities --quick                   all, briefly, with worse numbers
  bdl densities --sets rings --models maf,fm,score-vp

${EXIT_CODES}`,
  check,
  run
})
