/** The command line as checked options: everything a user can get wrong is one line on the left. */
import { Command, CommanderError } from 'commander'
import * as E from 'fp-ts/lib/Either.js'
import { version } from '../package.json'

export interface WeightsOptions {
  readonly quick: boolean
  readonly seed: number
  /** Absent: the settings' own. */
  readonly members: number | undefined
  readonly hidden: number | undefined
  readonly data: string | undefined
  readonly out: string
}

export type Parsed =
  | { readonly kind: 'weights'; readonly options: WeightsOptions }
  /** Help or version: text for stdout, exit code 0. */
  | { readonly kind: 'text'; readonly text: string }

const HELP = `
Examples:
  bdl weights                    the digits, about four minutes on two cores
  bdl weights --quick            every stage, briefly, with worse numbers
  bdl weights --data table.csv   your own table: features, then the label (0, 1,
                                 2, ...) in the last column

Exit codes: 0 done, 1 a fault of the program, 2 bad input, 130 interrupted (a
partial report is written).`

/** An integer in a range, or the line that says why not. */
const integer = (flag: string, text: string, least: number, most: number): E.Either<string, number> => {
  const value = Number(text)
  return /^[+-]?\d+$/.test(text) && value >= least && value <= most
    ? E.right(value)
    : E.left(`${flag}: expected an integer from ${least} to ${most}, got '${text}'`)
}

const optional = (
  flag: string,
  text: string | undefined,
  least: number,
  most: number
): E.Either<string, number | undefined> => (text === undefined ? E.right(undefined) : integer(flag, text, least, most))

interface Raw {
  readonly quick?: boolean
  readonly seed: string
  readonly members?: string
  readonly hidden?: string
  readonly data?: string
  readonly out: string
}

const check = (raw: Raw): E.Either<string, WeightsOptions> => {
  const seed = integer('--seed', raw.seed, 0, 2 ** 31 - 1)
  if (E.isLeft(seed)) return seed
  const empty = [['--data', raw.data] as const, ['--out', raw.out] as const].find(([, path]) => path === '')
  if (empty) return E.left(`${empty[0]}: expected a path, got ''`)
  const members = optional('--members', raw.members, 4, 256)
  if (E.isLeft(members)) return members
  const hidden = optional('--hidden', raw.hidden, 1, 64)
  if (E.isLeft(hidden)) return hidden
  return E.right({
    quick: raw.quick === true,
    seed: seed.right,
    members: members.right,
    hidden: hidden.right,
    data: raw.data,
    out: raw.out
  })
}

/** Commander's own message without its prefix, as one line. */
const oneLine = (error: CommanderError): string =>
  error.message
    .replace(/^error: /, '')
    .split('\n')
    .join(' ')

/** @param argv arguments after the program's name */
export const parse = (argv: readonly string[]): E.Either<string, Parsed> => {
  const texts: string[] = []
  let chosen: E.Either<string, WeightsOptions> | undefined
  const program = new Command('bdl')
    .description('Bayesian deep learning from the terminal')
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => void texts.push(text), writeErr: () => {} })
  program
    .command('weights')
    .description('posterior of a network, its symmetries, and a generative model of its weights, in one report')
    .option('--quick', 'a short run of every stage')
    .option('--seed <n>', 'seed of all random numbers', '0')
    .option('--members <n>', 'ensemble members, and chains of each sampler (default: 32; 16 with --quick)')
    .option('--hidden <n>', 'width of the hidden layer (default: 16)')
    .option('--data <file.csv>', 'your own table instead of the digits')
    .option('--out <folder>', 'where the report goes', 'out')
    .allowExcessArguments()
    .addHelpText('after', HELP)
    .exitOverride()
    .configureOutput({ writeOut: (text) => void texts.push(text), writeErr: () => {} })
    .action((raw: Raw, { args: [extra] }: Command) => {
      chosen = extra === undefined ? check(raw) : E.left(`unexpected argument '${extra}'`)
    })
  try {
    if (argv.length === 0) return E.right({ kind: 'text', text: program.helpInformation() })
    program.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return E.right({ kind: 'text', text: texts.join('') })
    return E.left(oneLine(error))
  }
  if (chosen === undefined) return E.right({ kind: 'text', text: program.helpInformation() })
  return E.isLeft(chosen) ? chosen : E.right({ kind: 'weights', options: chosen.right })
}
