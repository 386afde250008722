/** What a command of the program is: flags, their check, and a run. Adding one is a record in commands.ts. */
import { pipe } from 'fp-ts/lib/function.js'
import * as E from 'fp-ts/lib/Either.js'
import type { OpenReporter } from './progress.js'

/** Flags as the user gave them: text, or true of one that takes no value. */
export type Raw = Readonly<Record<string, string | true | undefined>>

export interface Flag {
  /** As in the help: `--seed <n>`. */
  readonly flag: string
  readonly meaning: string
  readonly initial?: string
}

export interface CommandSpec<O extends object> {
  readonly name: string
  readonly summary: string
  readonly flags: readonly Flag[]
  /** What the help says after the flags. */
  readonly help: string
  /** Options, or what is wrong in one line. */
  readonly check: (raw: Raw) => E.Either<string, O>
  /** From options to an exit code. */
  readonly run: (options: O, reporter: OpenReporter) => Promise<number>
}

/** A command that has been asked for with flags that make sense. */
export interface Job {
  readonly options: object
  readonly run: (reporter: OpenReporter) => Promise<number>
}

export interface Command extends Pick<CommandSpec<object>, 'name' | 'summary' | 'flags' | 'help'> {
  readonly prepare: (raw: Raw) => E.Either<string, Job>
}

/** Forgets the type of the options, so that commands of all kinds stand in one list. */
export const command = <O extends object>({ check, run, ...rest }: CommandSpec<O>): Command => ({
  ...rest,
  prepare: (raw) =>
    pipe(
      check(raw),
      E.map((options) => ({ options, run: (reporter) => run(options, reporter) }))
    )
})

export const EXIT = { done: 0, fault: 1, badInput: 2, interrupted: 130 } as const

/** One line about what the user gave, and the exit code that goes with it. */
export const complain = (reporter: OpenReporter, line: string): number => {
  reporter.say(`bdl: ${line}`)
  return EXIT.badInput
}

export const EXIT_CODES = `Exit codes: 0 done, 1 a fault of the program, 2 bad input, 130 interrupted (a
partial report is written).`
