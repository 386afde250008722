/** Flags that commands share, and checks of single ones: the value, or one line that names the flag, what it takes and what was given. */
import * as E from 'fp-ts/lib/Either.js'
import type { Flag } from './command.js'

export const SEED: Flag = { flag: '--seed <n>', meaning: 'seed of all random numbers', initial: '0' }
export const DATA: Flag = { flag: '--data <file.csv>', meaning: 'your own table instead of the digits' }
export const OUT: Flag = { flag: '--out <folder>', meaning: 'where the report goes', initial: 'out' }

export type Checked<A> = E.Either<string, A>

/** An integer in a range. */
export const integer =
  (flag: string, least: number, most: number) =>
  (text: string): Checked<number> => {
    const value = Number(text)
    return /^[+-]?\d+$/.test(text) && value >= least && value <= most
      ? E.right(value)
      : E.left(`${flag}: expected an integer from ${least} to ${most}, got '${text}'`)
  }

/** Every command has one; it is that of all random numbers. */
export const seed = integer('--seed', 0, 2 ** 31 - 1)

export const path =
  (flag: string) =>
  (text: string): Checked<string> =>
    text === '' ? E.left(`${flag}: expected a path, got ''`) : E.right(text)

/** Names out of those that there are, with commas between; in the order of `known`, each once. */
export const names =
  (flag: string, known: readonly string[]) =>
  (text: string): Checked<readonly string[]> => {
    const asked = text.split(',').map((name) => name.trim())
    const wrong = asked.find((name) => !known.includes(name))
    return wrong === undefined
      ? E.right(known.filter((name) => asked.includes(name)))
      : E.left(`${flag}: expected names among ${known.join(', ')}, got '${wrong}'`)
  }

/** A flag that may be absent. */
export const optional =
  <A>(check: (text: string) => Checked<A>) =>
  (text: string | true | undefined): Checked<A | undefined> =>
    typeof text === 'string' ? check(text) : E.right(undefined)

/** A flag with an initial value, which the parser has filled in. */
export const required =
  <A>(check: (text: string) => Checked<A>) =>
  (text: string | true | undefined): Checked<A> =>
    check(typeof text === 'string' ? text : '')
