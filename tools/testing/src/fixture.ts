/**
 * Golden files: reference values computed elsewhere, one JSON object per file with `tolerance` and `cases`. They lie beside
 * a package's tests in `test/fixtures`, or in the folder that BDL_FIXTURES names, so that anyone can bring other cases.
 */
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

/** Where golden files are read from: the disk in Node, the server of the tests in a page. */
export interface FixtureSource {
  /** Text of the file that goes with a test file (its `import.meta.url`), or undefined if there is none. */
  readonly read: (name: string, from: string) => string | undefined
  /** The folder of one's own that files are taken from, if any: it need not have every file. */
  readonly ownFolder: () => string | undefined
}

export interface Fixtures {
  /**
   * Reads a golden file, decoded. The caller states the type of a case, as the file's `schema` describes it.
   * @param from `import.meta.url` of the test file
   */
  readonly loadFixture: <C>(name: string, from: string) => Fixture<C>
  /**
   * A suite over one golden file. A folder of one's own (BDL_FIXTURES) need not have every file: then, and only then, the
   * suite is skipped and says so.
   */
  readonly describeFixture: <C>(name: string, from: string, body: (fixture: Fixture<C>) => void) => void
}

export const fixturesFrom = ({ read, ownFolder }: FixtureSource): Fixtures => {
  const loadFixture = <C>(name: string, from: string): Fixture<C> => {
    const text = read(name, from)
    if (text === undefined) throw new Error(`loadFixture: no file ${name} for ${from}`)
    return decode(JSON.parse(text)) as Fixture<C>
  }
  const describeFixture = <C>(name: string, from: string, body: (fixture: Fixture<C>) => void): void => {
    const folder = ownFolder()
    if (folder !== undefined && read(name, from) === undefined) {
      test.skip(`${name} is not in ${folder}`, () => undefined)
      return
    }
    describe(name, () => body(loadFixture<C>(name, from)))
  }
  return { loadFixture, describeFixture }
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
