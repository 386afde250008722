import * as tf from '@tensorflow/tfjs-core'
import { grad, jit } from '@bdl/compiler'
import { describeFixture, eagerAndCompiled, expectClose, type CaseTolerance, type Nested } from '@bdl/testing'
import { expect, test, vi } from 'vitest'
import * as ode from '../src/index'
import { problems, type Params } from './problems'

// Stiff problems take ten thousand eager steps and their gradients: a slow machine may need more than the usual two minutes.
vi.setConfig({ testTimeout: 1_200_000 })

type Numbers = { readonly [name: string]: Nested }

type SolutionCase = CaseTolerance & {
  readonly kind: 'solution'
  readonly problem: string
  readonly params: Numbers
  readonly z0: readonly number[]
  readonly t: readonly number[]
  readonly z: readonly (readonly number[])[]
  readonly loss: { readonly c: readonly number[]; readonly q: number; readonly value: number }
  readonly grad: { readonly z0: Nested; readonly params: Numbers; readonly t0: number; readonly t1: number }
}

type StepCase = CaseTolerance & {
  readonly kind: 'step'
  readonly method: string
  readonly problem: string
  readonly params: Numbers
  readonly t0: number
  readonly h: number
  readonly z0: readonly number[]
  readonly z1: readonly number[]
  readonly errorEstimate: readonly number[] | null
  readonly after10Steps: readonly number[]
}

type TableauCase = {
  readonly kind: 'tableau'
  readonly method: string
  readonly c: readonly number[]
  readonly a: readonly (readonly number[])[]
  readonly b: readonly number[]
  readonly bError: readonly number[] | null
}

const methods: Readonly<Record<string, ode.ExplicitSolver>> = Object.fromEntries(
  [ode.euler, ode.midpoint, ode.heun, ode.rk4, ode.rk4ThreeEighths, ode.bosh3, ode.dopri5, ode.tsit5, ode.dopri8].map(
    (m) => [m.name, m]
  )
)

const tensors = (numbers: Numbers): Params =>
  Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [name, tf.tensor(value as tf.TensorLike, undefined, 'float32')])
  )

/** Explicit methods must take many short steps where a problem is stiff, and its adjoint cannot be solved backwards. */
const isStiff = (c: SolutionCase): boolean => Number(c.params['mu'] ?? 0) >= 50

const title = (c: SolutionCase, i: number): string =>
  `${i} ${c.problem}${isStiff(c) ? ' (stiff)' : ''}, t = ${c.t.join(', ')}`

const lossOf = (c: SolutionCase) => (z: tf.Tensor) =>
  tf.add(tf.sum(tf.mul(tf.tensor1d([...c.loss.c]), z)), tf.mul(tf.sum(tf.square(z)), c.loss.q / 2))

describeFixture<SolutionCase | StepCase | TableauCase>('ode.json', import.meta.url, (fixture) => {
  const solutions = fixture.cases.filter((c): c is SolutionCase => c.kind === 'solution')
  const steps = fixture.cases.filter((c): c is StepCase => c.kind === 'step' && c.method in methods)
  const tableaus = fixture.cases.filter((c): c is TableauCase => c.kind === 'tableau' && c.method in methods)
  const toleranceFor = (c: CaseTolerance) => c.tolerance?.float32 ?? fixture.tolerance.float32
  const control = ode.adaptive({ rtol: 1e-6, atol: 1e-7, maxSteps: 16384 })

  test('the file has cases of ours', () => {
    expect(solutions.length + steps.length + tableaus.length).toBeGreaterThan(0)
  })

  test.each(tableaus.map((c) => [c.method, c] as const))('tableau %s', (_name, c) => {
    const { a, b, bError, c: nodes } = methods[c.method]!
    const exact = { atol: 1e-14, rtol: 1e-14 }
    expectClose([...nodes], c.c, exact)
    expectClose([...b], c.b, exact)
    a.forEach((row, i) => expectClose([...row], c.a[i]!, exact))
    expect(bError === null).toBe(c.bError === null)
    if (bError !== null && c.bError !== null) expectClose([...bError], c.bError, exact)
  })

  test.each(steps.map((c) => [c.method, c.problem, c] as const))('steps %s %s', async (_method, _problem, c) => {
    const tolerance = toleranceFor(c)
    const walk = (count: number) => (z0: tf.Tensor, params: Params) =>
      ode.solve({
        field: problems[c.problem]!,
        y0: z0,
        params,
        t0: c.t0,
        t1: c.t0 + count * c.h,
        solver: methods[c.method]!,
        control: ode.fixedSteps(count)
      }).y
    for (const [count, expected] of [
      [1, c.z1],
      [10, c.after10Steps]
    ] as const)
      // prettier-ignore
      for (const z of await eagerAndCompiled(walk(count), [tf.tensor1d([...c.z0]), tensors(c.params)]))
        expectClose(z, expected, tolerance)
    if (c.errorEstimate !== null) expectEstimate(c)
  })

  const solved = solutions.flatMap((c, i) =>
    [ode.dopri5, ode.tsit5, ode.dopri8, ode.rodas4, ode.rodas5p]
      // an explicit method takes tens of thousands of steps where a problem is stiff: one of them will do
      .filter((solver) => solver.isImplicit || solver === ode.dopri5 || !isStiff(c))
      .map((solver) => [solver.name, title(c, i), solver, c] as const)
  )

  test.each(solved)('solution by %s of %s', async (_name, _title, solver, c) => {
    const run = (z0: tf.Tensor, params: Params) => {
      const { ys, status } = ode.solve({
        field: problems[c.problem]!,
        y0: z0,
        params,
        t0: c.t[0]!,
        t1: c.t[c.t.length - 1]!,
        saveAt: c.t,
        solver,
        control
      })
      return { ys, status }
    }
    const given: [tf.Tensor, Params] = [tf.tensor1d([...c.z0]), tensors(c.params)]
    // Eagerly a step costs milliseconds: one method does it on every problem, the others where it is short.
    const isLong = solver !== ode.dopri5 && c.t.length > 3
    const compiled = jit(run)
    const found = isLong ? [await compiled(...given)] : await eagerAndCompiled(run, given)
    for (const { ys, status } of found) {
      expect(status.dataSync()[0]).toBe(ode.SolveStatus.done)
      expectClose(ys, c.z, toleranceFor(c))
    }
    await compiled.dispose()
  })

  type Inputs = { readonly z0: tf.Tensor; readonly params: Params; readonly t0: tf.Tensor; readonly t1: tf.Tensor }
  const gradients = solutions.flatMap((c, i) =>
    (['direct', 'backsolve', 'interpolated'] as const)
      .filter((a) => a !== 'backsolve' || !isStiff(c))
      .map((a) => [a, title(c, i), c] as const)
  )

  /** Accepted steps are kept by `direct` and `interpolated`, hence fewer at most; backsolve needs states to start again from. */
  const howToDifferentiate = (
    c: SolutionCase,
    adjoint: 'direct' | 'backsolve' | 'interpolated',
    { t0, t1 }: Inputs
  ) => {
    const solver = isStiff(c) ? ode.rodas5p : ode.dopri5
    if (adjoint !== 'backsolve')
      return { adjoint, solver, control: ode.adaptive({ rtol: 1e-6, atol: 1e-7, maxSteps: 1024 }) }
    const shares = tf.tensor1d(Array.from({ length: 31 }, (_, i) => (i + 1) / 32))
    return { adjoint, solver, control, saveAt: tf.add(t0, tf.mul(tf.sub(t1, t0), shares)) }
  }

  test.each(gradients)('gradient %s of %s', async (adjoint, _title, c) => {
    const loss = (inputs: Inputs) => {
      const { z0, params, t0, t1 } = inputs
      const how = howToDifferentiate(c, adjoint, inputs)
      return lossOf(c)(ode.solve({ field: problems[c.problem]!, y0: z0, params, t0, t1, ...how }).y)
    }
    const inputs: Inputs = {
      z0: tf.tensor1d([...c.z0]),
      params: tensors(c.params),
      t0: tf.scalar(c.t[0]!),
      t1: tf.scalar(c.t[c.t.length - 1]!)
    }
    const tolerance = toleranceFor(c)
    for (const g of await eagerAndCompiled(grad(loss), [inputs])) {
      expectClose(g.z0, c.grad.z0, tolerance, 'z0')
      for (const [name, value] of Object.entries(c.grad.params)) expectClose(g.params[name]!, value, tolerance, name)
      expectClose(g.t0, c.grad.t0, tolerance, 't0')
      expectClose(g.t1, c.grad.t1, tolerance, 't1')
    }
  })

  /** h sum bError_i k_i, where the stages come from solves: stage i is the slope that a one-step method with row i reaches. */
  const expectEstimate = (c: StepCase): void => {
    const { a, c: nodes, bError } = methods[c.method]!
    const field = (t: number, z: tf.Tensor) => problems[c.problem]!(tf.scalar(t), z, tensors(c.params))
    const z0 = tf.tensor1d([...c.z0])
    const ks = a.reduce<readonly tf.Tensor[]>((found, row, i) => {
      const z = row.reduce((sum, w, j) => tf.add(sum, tf.mul(found[j]!, w * c.h)), z0 as tf.Tensor)
      return [...found, field(c.t0 + nodes[i]! * c.h, z)]
    }, [])
    const estimate = bError!.reduce((sum, w, i) => tf.add(sum, tf.mul(ks[i]!, w * c.h)), tf.zerosLike(z0) as tf.Tensor)
    expectClose(estimate, c.errorEstimate!, toleranceFor(c))
  }
})
