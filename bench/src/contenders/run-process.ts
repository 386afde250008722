/** Runs a command to its end. */
import { spawn } from 'node:child_process'

export interface Finished {
  readonly code: number | null
  /** What ended it, if it did not end by itself. */
  readonly signal: NodeJS.Signals | null
  readonly output: string
  readonly errors: string
}

/**
 * It ends when this process does.
 *
 * @param minutes after which a process that hangs is ended
 */
export const runProcess = (command: string, args: readonly string[], minutes?: number): Promise<Finished> =>
  new Promise((done, fail) => {
    const limit = minutes === undefined ? {} : { timeout: minutes * 60_000 }
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...limit })
    const text = { output: '', errors: '' }
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => void (text.output += chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => void (text.errors += chunk))
    const end = (): void => void child.kill()
    process.once('exit', end)
    const settle = (result: () => void): void => {
      process.off('exit', end)
      result()
    }
    child.on('error', (error) => settle(() => fail(error)))
    child.on('close', (code, signal) => settle(() => done({ code, signal, ...text })))
  })

/** What a program had to say when it failed: its last line of error. */
export const lastWords = ({ code, signal, errors }: Finished): string => {
  const end = signal === null ? `exit code ${code}` : `ended by ${signal}`
  const words = errors.trimEnd().split(/\r?\n/).at(-1)
  return words === undefined || words === '' ? end : `${end}: ${words.trim().slice(0, 200)}`
}

/** Longer than any measurement takes on a slow machine: one that takes longer hangs. */
export const MEASUREMENT_MINUTES = 20

/** The JSON objects among the lines of an output; other lines are left out. */
export const jsonLines = <T>(output: string, parse: (value: unknown) => T): readonly T[] =>
  output
    .split(/\r?\n/)
    .filter((line) => line.startsWith('{'))
    .map((line) => parse(JSON.parse(line)))
