// The No-U-Turn sampler as the papers write it: recursive, float64, over an explicit list of leaves. It shares with the
// package's own the random numbers and nothing else.

export type Vector = readonly number[]
export type Model = { readonly logDensity: (q: Vector) => number; readonly gradient: (q: Vector) => Vector }

/** A point of a trajectory; M = diag(1 / inverseMass). */
export type Point = { readonly q: Vector; readonly p: Vector }

export type Settings = {
  readonly model: Model
  readonly inverseMass: Vector
  readonly stepSize: number
  readonly maxTreeDepth: number
  readonly divergenceThreshold: number
  /** Whether doubling d goes forward in time. */
  readonly isForward: (doubling: number) => boolean
  /** The two uniform numbers of leaf n: for the leaf, and for the subtree that it may complete. */
  readonly uniforms: (leaf: number) => readonly [number, number]
}

export type Outcome = {
  readonly chosen: Point
  readonly energy: number
  readonly steps: number
  readonly treeDepth: number
  readonly acceptProb: number
  readonly isTurning: boolean
  readonly isDivergent: boolean
}

const dot = (a: Vector, b: Vector): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0)
const add = (a: Vector, b: Vector): Vector => a.map((x, i) => x + b[i]!)
const axpy = (s: number, a: Vector, b: Vector): Vector => a.map((x, i) => s * x + b[i]!)
const total = (all: readonly Vector[]): Vector => all.reduce(add)

/** Whether a block goes on: its ends see the sum of its momenta, and so does each half with the nearest leaf of the other. */
export const goesOn = (momenta: readonly Vector[], inverseMass: Vector): boolean => {
  const looksAhead = (end: Vector, rho: Vector) =>
    dot(
      end.map((x, i) => x * inverseMass[i]!),
      rho
    ) > 0
  const spans = (leaves: readonly Vector[]) => {
    const rho = total(leaves)
    return looksAhead(leaves[0]!, rho) && looksAhead(leaves.at(-1)!, rho)
  }
  const middle = momenta.length / 2
  return spans(momenta) && spans(momenta.slice(0, middle + 1)) && spans(momenta.slice(middle - 1))
}

const leapfrog = ({ model, inverseMass }: Settings, { q, p }: Point, step: number): Point => {
  const half = axpy(step / 2, model.gradient(q), p)
  const moved = half.map((x, i) => q[i]! + step * inverseMass[i]! * x)
  return { q: moved, p: axpy(step / 2, model.gradient(moved), half) }
}

export const energyOf = ({ model, inverseMass }: Pick<Settings, 'model' | 'inverseMass'>, { q, p }: Point): number =>
  0.5 *
    dot(
      p.map((x, i) => x * inverseMass[i]!),
      p
    ) -
  model.logDensity(q)

type Subtree = { readonly leaves: readonly Point[]; readonly isTurning: boolean; readonly isDivergent: boolean }

/** 2^depth leaves from `from` on in one direction, or as many as there are until a subtree turns or a leaf diverges. */
const subtree = (settings: Settings, from: Point, step: number, depth: number, startEnergy: number): Subtree => {
  if (depth === 0) {
    const leaf = leapfrog(settings, from, step)
    const isSound = energyOf(settings, leaf) - startEnergy <= settings.divergenceThreshold
    return { leaves: [leaf], isTurning: false, isDivergent: !isSound }
  }
  const near = subtree(settings, from, step, depth - 1, startEnergy)
  if (near.isTurning || near.isDivergent) return near
  const far = subtree(settings, near.leaves.at(-1)!, step, depth - 1, startEnergy)
  const leaves = [...near.leaves, ...far.leaves]
  if (far.isTurning || far.isDivergent) return { ...far, leaves }
  const momenta = leaves.map(({ p }) => p)
  return { leaves, isDivergent: false, isTurning: !goesOn(momenta, settings.inverseMass) }
}

const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0)

/** Draws one of the leaves by weight, the n-th of them with probability w_n / (w_1 + ... + w_n). */
const drawn = (leaves: readonly Point[], weights: readonly number[], uniforms: readonly number[]): Point =>
  leaves.reduce((chosen, leaf, n) =>
    n === 0 || uniforms[n]! < weights[n]! / sum(weights.slice(0, n + 1)) ? leaf : chosen
  )

/** One transition from (q, p). */
export const transition = (settings: Settings, start: Point): Outcome => {
  const startEnergy = energyOf(settings, start)
  const weightOf = (leaf: Point) => Math.exp(startEnergy - energyOf(settings, leaf))
  let tree: readonly Point[] = [start] // in the order of time
  let [chosen, weight, steps, acceptance, depth] = [start, 1, 0, 0, 0]
  let [isTurning, isDivergent] = [false, false]
  while (depth < settings.maxTreeDepth && !isTurning && !isDivergent) {
    const isForward = settings.isForward(depth)
    const from = isForward ? tree.at(-1)! : tree[0]!
    const built = subtree(settings, from, isForward ? settings.stepSize : -settings.stepSize, depth, startEnergy)
    const weights = built.leaves.map(weightOf)
    const draws = built.leaves.map((_, i) => settings.uniforms(steps + 1 + i))
    steps += built.leaves.length
    acceptance += sum(weights.map((w) => (w > 0 ? Math.min(1, w) : 0)))
    depth++
    isTurning = built.isTurning
    isDivergent = built.isDivergent
    if (isTurning || isDivergent) break
    const own = sum(weights)
    if (draws.at(-1)![1] < own / weight)
      chosen = drawn(
        built.leaves,
        weights,
        draws.map(([u]) => u)
      )
    weight += own
    tree = isForward ? [...tree, ...built.leaves] : [...[...built.leaves].reverse(), ...tree]
    isTurning = !goesOn(
      tree.map(({ p }) => p),
      settings.inverseMass
    )
  }
  const energy = energyOf(settings, chosen)
  return { chosen, energy, steps, treeDepth: depth, acceptProb: acceptance / steps, isTurning, isDivergent }
}
