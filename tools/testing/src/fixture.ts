/**
 * Golden files: reference values computed elsewhere, one JSON object per file with `tolerance` and `cases`. They lie beside
 * a package's tests in `test/fixtures`, or in the folder that BDL_FIXTURES names, so that anyone can bring other cases.
 */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, test } from 'vitest'

export interface Tolerance {
  readonly atol: number
  readonly rtol: number
}

/** A number or nested arrays of numbers: a tensor as JSON. */
export type Nested = number | readonly Nested[]

export interface Fixture<C> {
  readonly source: string
  readonly tolerance: { readonly float32: Tolerance }
  readonly cases: readonly C[]
}

/** What every case may carry besides its own fields. */
export interface CaseTolerance {
  readonly tolerance?: { readonly float32?: Tolerance }
}

const WORDS: Readonly<Record<string, number>> = { inf: Infinity, '-inf': -Infinity, nan: NaN }

/** Replaces the strings "inf", "-inf" and "nan", which JSON has no numbers for, at any depth. */
export const decode = (json: unknown): unknown => {
  if (typeof json === 'string') return WORDS[json] ?? json
  if (Array.isArray(json)) return json.map(decode)
  if (typeof json === 'object' && json !== null)
    return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, decode(value)]))
  return json
}

/** Where a golden file is looked for: BDL_FIXTURES if it is set, else `fixtures` beside the test file `from`. */
export const fixturePath = (name: string, from: string): string =>
  process.env['BDL_FIXTURES'] === undefined || process.env['BDL_FIXTURES'] === ''
    ? fileURLToPath(new URL(`fixtures/${name}`, from))
    : resolve(process.env['BDL_FIXTURES'], name)

/**
 * Reads a golden file, decoded. The caller states the type of a case, as the file's `schema` describes it.
 * @param from `import.meta.url` of the test file
 */
export const loadFixture = <C>(name: string, from: string): Fixture<C> => {
  const path = fixturePath(name, from)
  if (!existsSync(path)) throw new Error(`loadFixture: no file ${path}`)
  return decode(JSON.parse(readFileSync(path, 'utf8'))) as Fixture<C>
}

/**
 * A suite over one golden file. A folder of one's own (BDL_FIXTURES) need not have every file: then, and only then, the
 * suite is skipped and says so.
 */
export const describeFixture = <C>(name: string, from: string, body: (fixture: Fixture<C>) => void): void => {
  const path = fixturePath(name, from)
  const isMissing = !existsSync(path)
  if (isMissing && process.env['BDL_FIXTURES']) {
    test.skip(`${name} is not in ${process.env['BDL_FIXTURES']}`, () => undefined)
    return
  }
  describe(name, () => body(loadFixture<C>(name, from)))
}

/** The cases whose field `field` is one of `names`; an error if the file has none at all, so that nothing passes empty. */
export const casesOf = <C, K extends keyof C>(fixture: Fixture<C>, field: K, names: readonly C[K][]): readonly C[] => {
  const found = fixture.cases.filter((c) => names.includes(c[field]))
  if (found.length === 0) throw new Error(`casesOf: no case with ${String(field)} in ${names.join(', ')}`)
  return found
}

/** Tolerance of one case: its own, else the file's. */
export const toleranceOf = <C extends CaseTolerance>(fixture: Fixture<C>, c: C): Tolerance =>
  c.tolerance?.float32 ?? fixture.tolerance.float32
