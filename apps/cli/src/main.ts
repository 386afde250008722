/** `bdl weights` from arguments to exit code. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { loadParts } from './data.js'
import { parse } from './options.js'
import type { WeightsOptions } from './options.js'
import { reporterFor } from './progress.js'
import type { Reporter } from './progress.js'
import { reportHtml } from './report/html.js'
import { reportJson, timingsJson } from './report/json.js'
import { problemOf } from './weights/problem.js'
import type { Problem } from './weights/problem.js'
import { emptyResults } from './weights/results.js'
import type { Results } from './weights/results.js'
import { runJob } from './weights/run.js'
import { fullSettings, quickSettings } from './weights/settings.js'
import type { Settings } from './weights/settings.js'

export const EXIT = { done: 0, fault: 1, badInput: 2, interrupted: 130 } as const

const settingsOf = ({ quick, seed, members, hidden }: WeightsOptions): Settings => {
  const base = quick ? quickSettings : fullSettings
  return { ...base, seed, ...(members === undefined ? {} : { members }), ...(hidden === undefined ? {} : { hidden }) }
}

/** The first signal asks the job to stop at the next chance; a second one ends the process at once. */
const interruption = (reporter: Reporter): { readonly signal: AbortSignal; readonly release: () => void } => {
  const controller = new AbortController()
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted)
    controller.abort()
    reporter.say('\nStopping: a partial report is being written (Ctrl-C again ends at once).')
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    }
  }
}

const write = async (
  folder: string,
  problem: Problem,
  settings: Settings,
  results: Results
): Promise<readonly string[]> => {
  await mkdir(folder, { recursive: true })
  const files = {
    'report.html': await reportHtml(problem, settings, results),
    'report.json': reportJson(problem, settings, results),
    'timings.json': timingsJson(results)
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return Object.keys(files).map((name) => join(folder, name))
}

const folderError = (folder: string, error: unknown): string =>
  `--out ${folder}: cannot write there: ${error instanceof Error ? error.message : String(error)}`

const runWeights = async (options: WeightsOptions, reporter: Reporter): Promise<number> => {
  const parts = await loadParts(options.data)()
  if (E.isLeft(parts)) return complain(reporter, parts.left)
  // before minutes of work, not after
  const isWritable = await mkdir(options.out, { recursive: true }).then(
    () => null,
    (error: unknown) => folderError(options.out, error)
  )
  if (isWritable !== null) return complain(reporter, isWritable)
  const settings = settingsOf(options)
  const problem = problemOf(parts.right, settings)
  const { train, validation, test } = problem
  reporter.say(
    `${problem.name}: ${train.labels.length} rows to train on, ${validation.labels.length} to validate, ${test.labels.length} to test; ` +
      `network ${problem.sizes.join('-')}, ${problem.dim.toLocaleString('en-US')} weights; seed ${settings.seed}\n`
  )
  const results = emptyResults()
  const { signal, release } = interruption(reporter)
  await runJob({ problem, settings, reporter, signal, results })
  const files = await write(options.out, problem, settings, results)
  release()
  reporter.say(`\n${results.isComplete ? 'Report' : 'Partial report'}: ${files[0]} (numbers: ${files[1]})`)
  return results.isComplete ? EXIT.done : EXIT.interrupted
}

const complain = (reporter: Reporter, line: string): number => {
  reporter.say(`bdl: ${line}`)
  return EXIT.badInput
}

/** @param argv arguments after the program's name */
export const main = async (argv: readonly string[], stream: NodeJS.WriteStream = process.stderr): Promise<number> => {
  const reporter = reporterFor(stream)
  const parsed = parse(argv)
  if (E.isLeft(parsed)) return complain(reporter, parsed.left)
  if (parsed.right.kind === 'text') {
    process.stdout.write(parsed.right.text)
    return EXIT.done
  }
  return runWeights(parsed.right.options, reporter)
}
