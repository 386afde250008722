// Networks on the host, in float64, and random ones from a seed: the ground truth of the laws.
import fc from 'fast-check'
import type { GroupElement, SymmetricActivation, SymmetrySpec } from '../../src/index'
import type { HostArray } from '@bdl/core'

export type HostDense = { readonly w: HostArray; readonly b: HostArray }
export type HostMlp = readonly HostDense[]

/** A small generator of uniform numbers in [0, 1) (mulberry32), so that a failing seed can be replayed. */
export const generator = (seed: number) => {
  let a = seed | 0
  return (): number => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export const gaussian = (next: () => number) => (): number =>
  Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())

export const host = (shape: readonly number[], f: (i: number) => number): HostArray => ({
  shape,
  data: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => f(i))
})

export const randomMlp = (sizes: readonly number[], seed: number): HostMlp => {
  const draw = gaussian(generator(seed))
  return sizes.slice(1).map((n, l) => ({ w: host([sizes[l]!, n], draw), b: host([n], draw) }))
}

const ACTIVATIONS: Partial<Record<SymmetricActivation, (z: number) => number>> = {
  relu: (z) => Math.max(z, 0),
  tanh: Math.tanh,
  silu: (z) => z / (1 + Math.exp(-z))
}

/** f_w(x): rows of x [n, in] -> [n, out], flat. */
export const forward = (net: HostMlp, activation: SymmetricActivation, x: HostArray): Float64Array => {
  const act = ACTIVATIONS[activation]!
  return net.reduce((h, { w, b }, l) => {
    const [m, n] = [w.shape[0]!, w.shape[1]!]
    const out = new Float64Array((h.length / m) * n)
    for (let r = 0; r < h.length / m; r++)
      for (let i = 0; i < n; i++) {
        let z = b.data[i]!
        for (let j = 0; j < m; j++) z += h[r * m + j]! * w.data[j * n + i]!
        out[r * n + i] = l < net.length - 1 ? act(z) : z
      }
    return out
  }, x.data)
}

export const inputs = (n: number, size: number, seed: number): HostArray => host([n, size], gaussian(generator(seed)))

/** A random element of the whole group, |log s| <= logScale. */
export const randomAction = (spec: SymmetrySpec, seed: number, logScale = 3): GroupElement => {
  const next = generator(seed)
  return spec.groups.map(({ size, kind }) => {
    const keys = Array.from({ length: size }, next)
    const order = Array.from(keys.keys()).sort((a, b) => keys[a]! - keys[b]!)
    const factor = (): number =>
      kind === 'positive' ? Math.exp(logScale * (2 * next() - 1)) : kind === 'sign' && next() < 0.5 ? -1 : 1
    return { permutation: Int32Array.from(order), scale: Float64Array.from({ length: size }, factor) }
  })
}

export const flat = (net: HostMlp): readonly number[] => net.flatMap(({ w, b }) => [...b.data, ...w.data])

export const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0)

export const norm = (xs: readonly number[]): number => Math.sqrt(xs.reduce((sum, x) => sum + x * x, 0))

export const stack = (nets: readonly HostMlp[]): HostMlp =>
  nets[0]!.map((layer, l) => {
    const join = (name: 'w' | 'b'): HostArray => ({
      shape: [nets.length, ...layer[name].shape],
      data: Float64Array.from(nets.flatMap((net) => Array.from(net[l]![name].data)))
    })
    return { w: join('w'), b: join('b') }
  })

export const arbitrarySeed = fc.integer({ min: 1, max: 2 ** 31 - 1 })

export const arbitrarySizes = fc
  .tuple(
    fc.integer({ min: 1, max: 4 }),
    fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }),
    fc.integer({ min: 1, max: 3 })
  )
  .map(([input, hidden, output]) => [input, ...hidden, output])

export const arbitraryActivation = fc.constantFrom<SymmetricActivation>('relu', 'tanh', 'silu')
