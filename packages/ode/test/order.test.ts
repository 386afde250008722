// Observed orders of convergence, in float64: three solves with steps of h, h / 2, h / 4 in one graph, and their differences.
import * as tf from '@tensorflow/tfjs-core'
import { jit, referenceEngine } from '@bdl/compiler'
import { expect, test } from 'vitest'
import * as ode from '../src/index'

type Field = (t: tf.Tensor, y: tf.Tensor) => tf.Tensor

/** y' = -t y: dependent on time, with errors whose leading term shows early. */
const field: Field = (t, y) => tf.neg(tf.mul(t, y))

/** 2^order, from (y(h) - y(h/2)) / (y(h/2) - y(h/4)); differences are scaled before they become float32. */
const observedOrder = async (solveIn: (steps: number) => tf.Tensor, steps: number): Promise<number> => {
  const differences = jit(
    () => {
      const [a, b, c] = [1, 2, 4].map((k) => solveIn(k * steps)) as [tf.Tensor, tf.Tensor, tf.Tensor]
      const size = (x: tf.Tensor) => tf.mul(tf.norm(x), 1e6)
      return tf.stack([size(tf.sub(a, b)), size(tf.sub(b, c))])
    },
    { engine: referenceEngine }
  )
  const found = await differences()
  const [first, second] = found.dataSync()
  await differences.dispose()
  return Math.log2(first! / second!)
}

const z0 = () => tf.tensor1d([1])

const methods = [
  [ode.euler, 64],
  [ode.midpoint, 32],
  [ode.heun, 32],
  [ode.bosh3, 16],
  [ode.rk4, 12],
  [ode.rk4ThreeEighths, 12],
  [ode.dopri5, 12],
  [ode.tsit5, 4],
  [ode.dopri8, 2],
  [ode.rodas4, 12],
  [ode.rodas5p, 4]
] as const

test.each(methods.map(([solver, steps]) => [solver.name, solver, steps] as const))(
  '%s',
  async (_name, solver, steps) => {
    const end = (n: number) => ode.solve({ field, y0: z0(), t0: 0, t1: 2, solver, control: ode.fixedSteps(n) }).y
    const order = await observedOrder(end, steps)
    expect(Math.abs(order - solver.order)).toBeLessThan(0.25)
  }
)

const hamiltonian = [
  [ode.semiImplicitEuler, 64],
  [ode.leapfrog, 32],
  [ode.yoshida4, 32]
] as const

type Phase = { readonly q: tf.Tensor; readonly p: tf.Tensor }

/** A pendulum with a force that moves with time. */
const pendulum = (t: tf.Tensor, { q, p }: Phase): Phase => ({
  q: tf.clone(p),
  p: tf.add(tf.neg(tf.sin(q)), tf.mul(tf.cos(t), 0.3))
})

test.each(hamiltonian.map(([solver, steps]) => [solver.name, solver, steps] as const))(
  '%s, of a pendulum',
  async (_name, solver, steps) => {
    const end = (n: number) => {
      const y0 = { q: tf.tensor1d([1]), p: tf.tensor1d([0.2]) }
      const { y } = ode.solve({ field: pendulum, y0, t0: 0, t1: 3, solver, control: ode.fixedSteps(n) })
      return tf.concat([y.q, y.p])
    }
    expect(Math.abs((await observedOrder(end, steps)) - solver.order)).toBeLessThan(0.25)
  }
)

/** Orders of dense output, where it is not what the coefficients' own conditions say below. */
const dense = [
  [ode.midpoint, 2],
  [ode.bosh3, 3],
  [ode.dopri5, 4],
  [ode.rodas4, 3],
  [ode.rodas5p, 4]
] as const

/** Error at a share of one step of size h from t = 0.3, against many short ones, scaled. */
const errorInside = (solver: ode.Solver, h: number): tf.Tensor => {
  const stepper = solver.stepper({ field, full: true })
  const [t, y] = [tf.scalar(0.3), z0()]
  const step = stepper.step(
    t,
    y,
    tf.scalar(h),
    stepper.start(() => field(t, y))
  )
  const inside = step.dense().reduceRight((value, c) => tf.add(tf.mul(value, 0.37), c))
  const end = tf.add(t, tf.mul(tf.scalar(h), 0.37))
  const control = ode.fixedSteps(32)
  const truth = ode.solve({ field, y0: y, t0: t, t1: end, solver: ode.dopri5, control }).y
  return tf.mul(tf.norm(tf.sub(inside, truth)), 1e6)
}

const halved = async (sizeAt: (h: number) => tf.Tensor, h: number): Promise<number> => {
  const sizes = jit(() => tf.stack([h, h / 2].map(sizeAt)), { engine: referenceEngine })
  const found = await sizes()
  const [coarse, fine] = found.dataSync()
  await sizes.dispose()
  return Math.log2(coarse! / fine!)
}

test.each(dense.map(([solver, order]) => [solver.name, solver, order] as const))(
  'inside a step of %s',
  async (_name, solver, order) => {
    expect(await halved((h) => errorInside(solver, h), solver.isImplicit ? 0.25 : 0.5)).toBeGreaterThan(order + 1 - 0.5)
  }
)

const pairs = [ode.bosh3, ode.dopri5, ode.tsit5, ode.rodas4, ode.rodas5p]

test.each(pairs.map((solver) => [solver.name, solver] as const))(
  'the error estimate of %s shrinks at least as the controller takes it to',
  async (_name, solver) => {
    const estimate = (h: number) => {
      const stepper = solver.stepper({ field, full: true })
      const [t, y] = [tf.scalar(0.3), z0()]
      const memory = stepper.start(() => field(t, y))
      return tf.mul(tf.norm(stepper.step(t, y, tf.scalar(h), memory).error!), 1e6)
    }
    expect(await halved(estimate, 0.5)).toBeGreaterThan(solver.order - 0.6)
  }
)

// Conditions on the coefficients themselves, in float64: weights integrate polynomials as far as their order says.
const explicit: readonly (readonly [ode.ExplicitSolver, number])[] = [
  [ode.euler, 1],
  [ode.midpoint, 2],
  [ode.heun, 2],
  [ode.bosh3, 3],
  [ode.rk4, 4],
  [ode.rk4ThreeEighths, 4],
  [ode.dopri5, 4],
  [ode.tsit5, 4],
  [ode.dopri8, 5]
]

/** sum_i w_i c_i^power */
const moment = (weights: readonly number[], c: readonly number[], power: number): number =>
  weights.reduce((sum, w, i) => sum + w * c[i]! ** power, 0)

test.each(explicit.map(([solver, order]) => [solver.name, solver, order] as const))(
  'coefficients of %s integrate polynomials',
  (_name, { order, b, bError, c, dense: inside }, denseOrder) => {
    for (let power = 0; power < order; power++) {
      expect(moment(b, c, power)).toBeCloseTo(1 / (power + 1), 11)
      if (bError !== null && power < order - 1) expect(moment(bError, c, power)).toBeCloseTo(0, 11)
    }
    if (inside === undefined) return
    for (const theta of [0.2, 0.5, 0.9])
      for (let power = 0; power < denseOrder; power++) {
        const weights = inside.map((row) => row.reduce((sum, w, j) => sum + w * theta ** (j + 1), 0))
        expect(moment(weights, c, power)).toBeCloseTo(theta ** (power + 1) / (power + 1), 9)
      }
  }
)
