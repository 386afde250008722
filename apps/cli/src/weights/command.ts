/** `bdl weights`: flags, and the run from data to report. */
import { sequenceS } from 'fp-ts/lib/Apply.js'
import * as E from 'fp-ts/lib/Either.js'
import { complain, command, EXIT_CODES } from '../command.js'
import type { Raw } from '../command.js'
import { loadParts } from '../data.js'
import { DATA, integer, optional, OUT, path, required, SEED, seed } from '../flags.js'
import { interruptible } from '../interruption.js'
import type { OpenReporter } from '../progress.js'
import { madeFolder, writeReport } from '../report/folder.js'
import { problemOf } from './problem.js'
import type { Problem } from './problem.js'
import { reportHtml } from './report/html.js'
import { reportJson, timingsJson } from './report/json.js'
import { fullSettings, quickSettings } from './settings.js'
import type { Settings } from './settings.js'
import { runUntilStopped } from './until-stopped.js'

export interface WeightsOptions {
  readonly quick: boolean
  readonly seed: number
  /** Absent: the settings' own. */
  readonly members: number | undefined
  readonly hidden: number | undefined
  readonly data: string | undefined
  readonly out: string
}

const check = (raw: Raw): E.Either<string, WeightsOptions> =>
  sequenceS(E.Applicative)({
    quick: E.right(raw['quick'] === true),
    seed: required(seed)(raw['seed']),
    data: optional(path('--data'))(raw['data']),
    out: required(path('--out'))(raw['out']),
    members: optional(integer('--members', 4, 256))(raw['members']),
    hidden: optional(integer('--hidden', 1, 64))(raw['hidden'])
  })

const settingsOf = ({ quick, seed, members, hidden }: WeightsOptions): Settings => {
  const base = quick ? quickSettings : fullSettings
  return { ...base, seed, ...(members === undefined ? {} : { members }), ...(hidden === undefined ? {} : { hidden }) }
}

const describe = ({ name, sizes, dim, train, validation, test }: Problem, { seed }: Settings): string => {
  const count = (n: number): string => n.toLocaleString('en-US')
  const [toTrain, toValidate, toTest] = [train, validation, test].map((part) => count(part.labels.length))
  return (
    `${name}: ${toTrain} rows to train on, ${toValidate} to validate, ${toTest} to test\n` +
    `network ${sizes.join('-')}, ${count(dim)} weights; seed ${seed}\n`
  )
}

const run = async (options: WeightsOptions, reporter: OpenReporter): Promise<number> => {
  const parts = await loadParts(options.data)()
  if (E.isLeft(parts)) return complain(reporter, parts.left)
  const refused = await madeFolder(options.out)
  if (refused !== null) return complain(reporter, refused)
  const settings = settingsOf(options)
  const problem = problemOf(parts.right, settings)
  reporter.say(describe(problem, settings))
  return interruptible(reporter, async (signal) => {
    const results = await runUntilStopped({ problem, settings, reporter, signal })
    reporter.close()
    const files = {
      'report.html': await reportHtml(problem, settings, results),
      'report.json': reportJson(problem, settings, results),
      'timings.json': timingsJson(results)
    }
    return writeReport(options.out, files, results.isComplete, reporter)
  })
}

export const weightsCommand = command({
  name: 'weights',
  summary: 'posterior of a network, its symmetries, and a generative model of its weights, in one report',
  flags: [
    { flag: '--quick', meaning: 'a short run of every stage' },
    SEED,
    { flag: '--members <n>', meaning: 'ensemble members, and chains of each sampler (default: 32; 16 with --quick)' },
    { flag: '--hidden <n>', meaning: 'width of the hidden layer (default: 16)' },
    DATA,
    OUT
  ],
  help: `
Examples:
  bdl weights                    the digits, about four minutes on two cores
  bdl weights --quick            every stage, briefly, with worse numbers
  bdl weights --data table.csv   your own table: features, then the label (0, 1,
                                 2, ...) in the last column

${EXIT_CODES}`,
  check,
  run
})
