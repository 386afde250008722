/** The command line as a checked job: everything a user can get wrong is one line on the left. */
import { Command as Parser, CommanderError } from 'commander'
import * as E from 'fp-ts/lib/Either.js'
import { version } from '../package.json'
import type { Command, Job, Raw } from './command.js'

export type Parsed =
  | { readonly kind: 'job'; readonly command: string; readonly job: Job }
  /** Help or version: text for stdout, exit code 0. */
  | { readonly kind: 'text'; readonly text: string }

/** Commander's own message without its prefix, as one line. */
const oneLine = (error: CommanderError): string =>
  error.message
    .replace(/^error: /, '')
    .split('\n')
    .join(' ')

/** Texts go where the caller says, and Commander throws instead of ending the process. */
const quiet = (parser: Parser, writeOut: (text: string) => void): Parser =>
  parser.exitOverride().configureOutput({ writeOut, writeErr: () => {} })

/** Adds a command to the program, which tells `onJob` what it was asked for. */
const add = (
  program: Parser,
  { name, summary, flags, help, prepare }: Command,
  writeOut: (text: string) => void,
  onJob: (parsed: E.Either<string, Parsed>) => void
): void => {
  const parser = quiet(program.command(name), writeOut)
    .description(summary)
    .allowExcessArguments()
    .addHelpText('after', help)
    .action((raw: Raw, { args: [extra] }: Parser) => {
      const job = extra === undefined ? prepare(raw) : E.left(`unexpected argument '${extra}'`)
      onJob(E.isLeft(job) ? job : E.right({ kind: 'job', command: name, job: job.right }))
    })
  for (const { flag, meaning, initial } of flags) parser.option(flag, meaning, initial)
}

/** @param argv arguments after the program's name */
export const parse = (commands: readonly Command[], argv: readonly string[]): E.Either<string, Parsed> => {
  const texts: string[] = []
  let chosen: E.Either<string, Parsed> | undefined
  const writeOut = (text: string): void => void texts.push(text)
  const program = quiet(new Parser('bdl'), writeOut)
    .description('Bayesian deep learning from the terminal')
    .version(version)
  for (const one of commands) add(program, one, writeOut, (parsed) => void (chosen = parsed))
  const help = (): E.Either<string, Parsed> => E.right({ kind: 'text', text: program.helpInformation() })
  try {
    if (argv.length === 0) return help()
    program.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return E.right({ kind: 'text', text: texts.join('') })
    return E.left(oneLine(error))
  }
  return chosen ?? help()
}
