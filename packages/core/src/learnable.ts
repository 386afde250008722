/**
 * Anything with parameters: how to draw them, and what they make. A network is a `Learnable<P, (x) => y>`, a flow a
 * `Learnable<P, Distribution>`, a bijector with weights a `Learnable<P, Bijector>`.
 *
 * Laws: `map` is a functor (identity, composition). `ap`, `sequence` and `sequenceRecord` combine the parameters too, so
 * they are an applicative graded by P: identity, composition and interchange hold for what is built, with parameters paired
 * up differently. Import as a namespace: `learnable.map`, `learnable.sequence`.
 */
import type { Functor2 } from 'fp-ts/lib/Functor.js'
import { split, type Key } from './random/key.js'
import { scoped } from './scope.js'

/** P is a tree wherever it meets a transformation; the type asks nothing, so that fp-ts instances exist. */
export interface Learnable<P, A> {
  /** Draws parameters; uses the key up. The caller owns the result. */
  readonly init: (key: Key) => P
  /** Pure: equal parameters build equal things. */
  readonly build: (params: P) => A
}

export const URI = 'Learnable'
export type URI = typeof URI

declare module 'fp-ts/HKT' {
  interface URItoKind2<E, A> {
    readonly [URI]: Learnable<E, A>
  }
}

/** A constant: nothing to learn. Its parameters are the empty tree. */
export const of = <A>(value: A): Learnable<readonly [], A> => ({ init: () => [], build: () => value })

/** The same parameters, used for something else. */
export const map =
  <A, B>(f: (a: A) => B) =>
  <P>(learnable: Learnable<P, A>): Learnable<P, B> => ({
    init: learnable.init,
    build: (params) => f(learnable.build(params))
  })

/** Applies a learnt function to a learnt argument; parameters are paired. */
export const ap =
  <P, A>(argument: Learnable<P, A>) =>
  <Q, B>(f: Learnable<Q, (a: A) => B>): Learnable<readonly [Q, P], B> => ({
    init: (key) =>
      scoped(() => {
        const [keyFunction, keyArgument] = split(key)
        return [f.init(keyFunction), argument.init(keyArgument)] as const
      }),
    build: ([q, p]) => f.build(q)(argument.build(p))
  })

/** Any learnable: what it draws is something, what it takes is its own business. */
interface AnyLearnable {
  readonly init: (key: Key) => unknown
  readonly build: (params: never) => unknown
}
type ParamsOf<L> = L extends { readonly init: (key: Key) => infer P } ? P : never
type BuiltOf<L> = L extends { readonly build: (params: never) => infer A } ? A : never

/** Parameters and things built of a tuple or record of learnables. */
export type SequencedParams<Ls> = { readonly [K in keyof Ls]: ParamsOf<Ls[K]> }
export type SequencedBuilt<Ls> = { readonly [K in keyof Ls]: BuiltOf<Ls[K]> }

const keysFor = (key: Key, n: number): readonly Key[] => (n === 0 ? [] : split(key, n))

/**
 * Learnables side by side: a tuple of n gets n keys, in order, and builds the tuple of what they build.
 * @example learnable.sequence([mlp(a), mlp(b)]) // Learnable<[Pa, Pb], [Fa, Fb]>
 */
export const sequence = <const Ls extends readonly AnyLearnable[]>(
  learnables: Ls
): Learnable<SequencedParams<Ls>, SequencedBuilt<Ls>> => ({
  init: (key) =>
    scoped(() => {
      const keys = keysFor(key, learnables.length)
      return learnables.map((l, i) => l.init(keys[i]!)) as SequencedParams<Ls>
    }),
  build: (params) => learnables.map((l, i) => l.build(params[i] as never)) as SequencedBuilt<Ls>
})

/** As `sequence`, for a record; keys are given out in the order of the sorted names, whatever the order they are written in. */
export const sequenceRecord = <const Ls extends Readonly<Record<string, AnyLearnable>>>(
  learnables: Ls
): Learnable<SequencedParams<Ls>, SequencedBuilt<Ls>> => {
  const names = Object.keys(learnables).sort()
  return {
    init: (key) =>
      scoped(() => {
        const keys = keysFor(key, names.length)
        return Object.fromEntries<unknown>(
          names.map((name, i) => [name, learnables[name]!.init(keys[i]!)])
        ) as SequencedParams<Ls>
      }),
    build: (params) =>
      Object.fromEntries<unknown>(
        names.map((name) => [name, learnables[name]!.build(params[name] as never)])
      ) as SequencedBuilt<Ls>
  }
}

/** Functor instance for fp-ts. */
export const Functor: Functor2<URI> = { URI, map: (fa, f) => map(f)(fa) }
