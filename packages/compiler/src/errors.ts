/**
 * One typed error for programming errors in numerical code: a wrong shape, a bad parameter, an op that cannot be traced.
 * What a user can get wrong in a file or a flag is an `Either` instead, and numerical trouble is data in a result.
 */

/** Stable, machine-readable reason of a `BdlError`. */
export type BdlErrorCode =
  | 'InvalidArgument' // a value outside what the function accepts
  | 'ShapeMismatch' // shapes that do not fit together
  | 'DtypeMismatch' // a dtype the function does not take
  | 'NotTraceable' // something that a traced function may not do
  | 'UnsupportedOp' // an op without the rule that a transform or an engine needs
  | 'EngineFailure' // an engine refused or failed to run a graph

export interface BdlErrorDetails {
  readonly code: BdlErrorCode
  /** The public function that was called. */
  readonly fn: string
  /** The argument (or op) at fault. */
  readonly argument: string
  /** What would have been accepted. */
  readonly expected: string
  /** What came. */
  readonly got: string
  /** What to do about it, if the message alone does not say. */
  readonly hint?: string
  /** `file:line:column` of the user's code, if known. */
  readonly at?: string
  /** The error that this one explains. */
  readonly cause?: unknown
}

/** The error that every package throws: function, argument, expected, got. */
export class BdlError extends Error implements BdlErrorDetails {
  override readonly name = 'BdlError'
  readonly code: BdlErrorCode
  readonly fn: string
  readonly argument: string
  readonly expected: string
  readonly got: string
  readonly hint?: string
  readonly at?: string

  constructor(details: BdlErrorDetails) {
    const { code, fn, argument, expected, got, hint, at, cause } = details
    super(
      `${fn}: ${argument}: expected ${expected}, got ${got}` +
        (hint ? `. ${hint}` : '') +
        (at === undefined ? '' : ` (at ${at})`),
      cause === undefined ? undefined : { cause }
    )
    this.code = code
    this.fn = fn
    this.argument = argument
    this.expected = expected
    this.got = got
    if (hint !== undefined) this.hint = hint
    if (at !== undefined) this.at = at
  }
}

export const isBdlError = (e: unknown): e is BdlError => e instanceof BdlError

/** Throws an `InvalidArgument` unless every named number is finite and positive. */
export const expectPositive = (fn: string, named: Readonly<Record<string, number>>): void => {
  for (const [argument, value] of Object.entries(named)) {
    if (!(Number.isFinite(value) && value > 0))
      throw new BdlError({ code: 'InvalidArgument', fn, argument, expected: 'a finite number > 0', got: String(value) })
  }
}

/** Throws an `InvalidArgument` unless every named number is an integer of at least `least`. */
export const expectInteger = (fn: string, named: Readonly<Record<string, number>>, least = 0): void => {
  for (const [argument, value] of Object.entries(named)) {
    if (!(Number.isInteger(value) && value >= least))
      throw new BdlError({
        code: 'InvalidArgument',
        fn,
        argument,
        expected: `an integer >= ${least}`,
        got: String(value)
      })
  }
}

/** Throws a `ShapeMismatch` unless `got` equals `expected`; -1 in `expected` matches any size. */
export const expectShape = (
  fn: string,
  argument: string,
  got: readonly number[],
  expected: readonly number[]
): void => {
  const fits = got.length === expected.length && expected.every((n, i) => n === -1 || n === got[i])
  if (!fits)
    throw new BdlError({
      code: 'ShapeMismatch',
      fn,
      argument,
      expected: `shape [${expected.map((n) => (n === -1 ? '*' : n)).join(', ')}]`,
      got: `[${got.join(', ')}]`
    })
}
