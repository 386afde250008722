/** `bdl weights` from arguments to exit code. */
import { access, constants, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { loadParts } from './data.js'
import { parse } from './options.js'
import type { WeightsOptions } from './options.js'
import { reporterFor } from './progress.js'
import type { OpenReporter, Reporter } from './progress.js'
import { reportHtml } from './report/html.js'
import { reportJson, timingsJson } from './report/json.js'
import { problemOf } from './weights/problem.js'
import type { Problem } from './weights/problem.js'
import type { Results } from './weights/results.js'
import { fullSettings, quickSettings } from './weights/settings.js'
import type { Settings } from './weights/settings.js'
import { runUntilStopped } from './weights/until-stopped.js'

export const EXIT = { done: 0, fault: 1, badInput: 2, interrupted: 130 } as const

const settingsOf = ({ quick, seed, members, hidden }: WeightsOptions): Settings => {
  const base = quick ? quickSettings : fullSettings
  return { ...base, seed, ...(members === undefined ? {} : { members }), ...(hidden === undefined ? {} : { hidden }) }
}

/** npm hands on a signal that the terminal has sent to the job already: two within this time, in ms, are one key press. */
const ONE_PRESS = 500

/** The first signal asks the job to stop at the next chance; a second one ends the process at once. */
const interruption = (reporter: OpenReporter): { readonly signal: AbortSignal; readonly release: () => void } => {
  const controller = new AbortController()
  let first = 0
  const stop = (): void => {
    if (controller.signal.aborted) {
      if (performance.now() - first < ONE_PRESS) return
      reporter.close()
      process.exit(EXIT.interrupted)
    }
    first = performance.now()
    controller.abort()
    reporter.say('Stopping: a partial report is being written (Ctrl-C again ends at once).')
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

/** One line for what the file system refuses. */
const refusal = (folder: string, error: unknown): string =>
  `--out ${folder}: cannot write there: ${error instanceof Error ? error.message : String(error)}`

/** Makes the folder; the line that says why not, or null. Called before minutes of work, not after. */
const madeFolder = async (folder: string): Promise<string | null> => {
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
    return null
  } catch (error) {
    return refusal(folder, error)
  }
}

const write = async (
  folder: string,
  problem: Problem,
  settings: Settings,
  results: Results
): Promise<readonly string[]> => {
  const files = {
    'report.html': await reportHtml(problem, settings, results),
    'report.json': reportJson(problem, settings, results),
    'timings.json': timingsJson(results)
  }
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return Object.keys(files).map((name) => join(folder, name))
}

const describe = ({ name, sizes, dim, train, validation, test }: Problem, { seed }: Settings): string => {
  const count = (n: number): string => n.toLocaleString('en-US')
  const [toTrain, toValidate, toTest] = [train, validation, test].map((part) => count(part.labels.length))
  return (
    `${name}: ${toTrain} rows to train on, ${toValidate} to validate, ${toTest} to test\n` +
    `network ${sizes.join('-')}, ${count(dim)} weights; seed ${seed}\n`
  )
}

const complain = (reporter: Reporter, line: string): number => {
  reporter.say(`bdl: ${line}`)
  return EXIT.badInput
}

const runWeights = async (options: WeightsOptions, reporter: OpenReporter): Promise<number> => {
  const parts = await loadParts(options.data)()
  if (E.isLeft(parts)) return complain(reporter, parts.left)
  const refused = await madeFolder(options.out)
  if (refused !== null) return complain(reporter, refused)
  const settings = settingsOf(options)
  const problem = problemOf(parts.right, settings)
  reporter.say(describe(problem, settings))
  const { signal, release } = interruption(reporter)
  try {
    const results = await runUntilStopped({ problem, settings, reporter, signal })
    reporter.close()
    const [html, json] = await write(options.out, problem, settings, results)
    reporter.say(`\n${results.isComplete ? 'Report' : 'Partial report'}: ${html} (numbers: ${json})`)
    return results.isComplete ? EXIT.done : EXIT.interrupted
  } finally {
    release()
  }
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
  try {
    return await runWeights(parsed.right.options, reporter)
  } finally {
    // a fault inside a stage must not leave a bar that keeps the process alive
    reporter.close()
  }
}
