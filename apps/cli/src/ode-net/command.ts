/** `bdl ode-net`: flags, and the run from data to report. */
import { sequenceS } from 'fp-ts/lib/Apply.js'
import * as E from 'fp-ts/lib/Either.js'
import { command, complain, EXIT_CODES } from '../command.js'
import type { Raw } from '../command.js'
import { loadParts } from '../data.js'
import { DATA, optional, OUT, path, required, SEED, seed } from '../flags.js'
import { interruptible } from '../interruption.js'
import type { OpenReporter } from '../progress.js'
import { madeFolder, writeReport } from '../report/folder.js'
import { reportHtml } from './report/html.js'
import { reportJson, timingsJson } from './report/json.js'
import { rowsOf } from './rows.js'
import { compareNetworks } from './run.js'
import { fullSettings, quickSettings } from './settings.js'

export interface OdeNetOptions {
  readonly quick: boolean
  readonly seed: number
  readonly data: string | undefined
  readonly out: string
}

const check = (raw: Raw): E.Either<string, OdeNetOptions> =>
  sequenceS(E.Applicative)({
    quick: E.right(raw['quick'] === true),
    seed: required(seed)(raw['seed']),
    data: optional(path('--data'))(raw['data']),
    out: required(path('--out'))(raw['out'])
  })

const run = async (options: OdeNetOptions, reporter: OpenReporter): Promise<number> => {
  const parts = await loadParts(options.data)()
  if (E.isLeft(parts)) return complain(reporter, parts.left)
  const refused = await madeFolder(options.out)
  if (refused !== null) return complain(reporter, refused)
  const settings = { ...(options.quick ? quickSettings : fullSettings), seed: options.seed }
  const rows = rowsOf(parts.right)
  const { name, classes } = parts.right.train
  const counts = [rows.train, rows.validation, rows.test].map(({ x }) => (x.shape[0] ?? 0).toLocaleString('en-US'))
  reporter.say(
    `${name}: ${counts[0]} rows to train on, ${counts[1]} to validate, ${counts[2]} to test; seed ${settings.seed}\n`
  )
  return interruptible(reporter, async (signal) => {
    const shape = { inputs: rows.train.x.shape[1] ?? 0, classes }
    const results = await compareNetworks({ settings, shape, rows, reporter, signal })
    reporter.close()
    const files = {
      'report.html': await reportHtml(name, settings, results),
      'report.json': reportJson(name, settings, results),
      'timings.json': timingsJson(results)
    }
    return writeReport(options.out, files, results.isComplete, reporter)
  })
}

export const odeNetCommand = command({
  name: 'ode-net',
  summary: 'a classifier whose middle is a differential equation beside a residual network of its size, in one report',
  flags: [{ flag: '--quick', meaning: 'fewer and shorter trainings' }, SEED, DATA, OUT],
  help: `
Examples:
  bdl ode-net                    the digits, less than a minute on two cores
  bdl ode-net --quick            the same, briefly
  bdl ode-net --data table.csv   your own table: features, then the label (0, 1,
                                 2, ...) in the last column

${EXIT_CODES}`,
  check,
  run
})
