/** Arbitrary smooth functions from three numbers to three numbers, and transformations of such functions with their truth. */
import * as tf from '@tensorflow/tfjs-core'
import * as fc from 'fast-check'
import { cond, customVjp, grad, jacobian, jvp, linearize, remat, scan, vjp, vmap, whileLoop } from '../../src/index'
import { erf } from '../../src/index'

export type Vector = (x: tf.Tensor) => tf.Tensor
/** The same function on plain numbers. */
export type Plain = (x: readonly number[]) => readonly number[]

const vector = (values: readonly number[]): tf.Tensor => tf.tensor1d([...values])

const MATRIX = [0.5, -0.25, 1, 0.75, 0.5, -0.5, -1, 0.25, 0.5]

/** Entire, or with poles away from the real numbers: finite differences of a high order converge. */
const OPS: readonly ((a: tf.Tensor, b: tf.Tensor) => tf.Tensor)[] = [
  (a) => tf.sin(a),
  (a) => tf.cos(a),
  (a) => tf.tanh(a),
  (a) => tf.sigmoid(a),
  (a) => tf.softplus(a),
  (a) => erf(a),
  (a) => tf.exp(tf.neg(tf.square(a))),
  (a) => tf.sqrt(tf.add(tf.square(a), 1)),
  (a) => tf.log1p(tf.square(a)),
  (a) => tf.logSoftmax(a),
  (a) => tf.softmax(a),
  (a) => tf.cumsum(a),
  (a) => tf.reverse(a),
  (a) => tf.gather(a, tf.tensor1d([2, 0, 2], 'int32')),
  (a) => tf.reshape(tf.matMul(tf.tensor2d(MATRIX, [3, 3]), tf.reshape(a, [3, 1])), [3]),
  (a, b) => tf.add(a, b),
  (a, b) => tf.sub(a, b),
  (a, b) => tf.sin(tf.mul(a, b)),
  (a, b) => tf.div(a, tf.add(tf.square(b), 1)),
  (a, b) => tf.mul(a, tf.tanh(tf.sum(b))),
  (a, b) => tf.add(a, tf.prod(tf.sin(b))),
  (a, b) => tf.logSumExp(tf.stack([a, b]), 0),
  (a, b) => tf.concat([tf.slice(a, 1, 2), tf.slice(b, 0, 1)]),
  (a, b) => tf.mean(tf.stack([a, tf.square(tf.tanh(b))]), 0)
]

export interface Instruction {
  readonly op: number
  readonly a: number
  readonly b: number
}

/** Each instruction takes two of the values so far; the last values, summed, are the result. */
export const functionOf =
  (instructions: readonly Instruction[]): Vector =>
  (x) => {
    const values = [x]
    for (const { op, a, b } of instructions)
      values.push(OPS[op % OPS.length]!(values[a % values.length]!, values[b % values.length]!))
    return values.slice(-2).reduce((a, b) => tf.add(a, b))
  }

export const instructions: fc.Arbitrary<readonly Instruction[]> = fc.array(
  fc.record({ op: fc.nat(OPS.length - 1), a: fc.nat(8), b: fc.nat(8) }),
  { minLength: 1, maxLength: 8 }
)

// powers of two and their sums, so that they are the same in float32 and float64
const WEIGHTS = [1, -0.5, 0.75]
const DIRECTION = [0.5, 1, -0.25]
const ROWS = [
  [0.5, -0.25, 0.125],
  [-0.5, 0.75, 0.25],
  [0.25, 0.5, -0.75]
]

let scale = 1

/** What `body` differences it differences with steps of three quarters: where that changes a result, it had not converged. */
export const withFinerSteps = <A>(body: () => A): A => {
  scale = 0.75
  try {
    return body()
  } finally {
    scale = 1
  }
}

/** Eighth-order central differences along a direction: in float64 right to some 1e-12. */
const STENCIL = [4 / 5, -1 / 5, 4 / 105, -1 / 280]
const STEP = 0.005

const differenced =
  (f: Plain, direction: readonly number[]): Plain =>
  (x) => {
    const step = STEP * scale
    const at = (k: number): readonly number[] => f(x.map((v, i) => v + k * step * direction[i]!))
    const terms = STENCIL.map((c, k) => {
      const [above, below] = [at(k + 1), at(-k - 1)]
      return above.map((v, i) => (c * (v - below[i]!)) / step)
    })
    return terms.reduce((sum, term) => sum.map((s, i) => s + term[i]!))
  }

export interface Transformation {
  readonly name: string
  /** Whether what is inside must have a derivative in reverse mode. */
  readonly isReverse?: boolean
  /** Whether the result has one in forward mode alone. */
  readonly isForwardOnly?: boolean
  readonly apply: (f: Vector) => Vector
  readonly plain: (f: Plain) => Plain
}

const same = (f: Plain): Plain => f

const gradient: Transformation = {
  name: 'grad',
  isReverse: true,
  apply: (f) => grad((x: tf.Tensor) => tf.sum(tf.mul(f(x), vector(WEIGHTS)))),
  plain: (f) => (x) => {
    const weighted: Plain = (y) => [f(y).reduce((s, v, i) => s + v * WEIGHTS[i]!, 0)]
    return x.map(
      (_, k) =>
        differenced(
          weighted,
          x.map((_v, i) => Number(i === k))
        )(x)[0]!
    )
  }
}

const along = (name: string, apply: Transformation['apply'], isReverse = false): Transformation => ({
  name,
  isReverse,
  apply,
  plain: (f) => differenced(f, DIRECTION)
})

const timesDirection = (matrix: tf.Tensor): tf.Tensor =>
  tf.reshape(tf.matMul(matrix, tf.reshape(vector(DIRECTION), [3, 1])), [3])

const looped = (name: string, checkpoint: number | 'all'): Transformation => ({
  name,
  apply: (f) => (x) => {
    const step = (c: tf.Tensor, row: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => {
      const next = tf.tanh(tf.add(f(c), row))
      return [next, tf.mul(next, row)]
    }
    const [last, ys] = scan(step, x, tf.tensor2d(ROWS), { checkpoint })
    return tf.add(last, tf.sum(ys, 0))
  },
  plain: (f) => (x) => {
    let carry = x
    let sums = x.map(() => 0)
    for (const row of ROWS) {
      carry = f(carry).map((v, i) => Math.tanh(v + row[i]!))
      sums = sums.map((s, i) => s + carry[i]! * row[i]!)
    }
    return carry.map((v, i) => v + sums[i]!)
  }
})

const batched: Transformation = {
  name: 'vmap',
  apply: (f) => (x) => {
    const members = tf.add(tf.mul(x, 0.5), tf.tensor2d(ROWS))
    return tf.sum(tf.mul(vmap(f)(members), tf.reshape(vector(WEIGHTS), [3, 1])), 0)
  },
  plain: (f) => (x) => {
    const members = ROWS.map((row) => f(x.map((v, i) => v / 2 + row[i]!)))
    return x.map((_, i) => members.reduce((s, y, m) => s + WEIGHTS[m]! * y[i]!, 0))
  }
}

const counted: Transformation = {
  name: 'whileLoop',
  isForwardOnly: true,
  apply: (f) => (x) => {
    type State = { readonly turn: tf.Tensor; readonly c: tf.Tensor }
    const end = whileLoop<State>(
      ({ turn }) => tf.less(turn, tf.scalar(2, 'int32')),
      ({ turn, c }) => ({ turn: tf.add(turn, tf.scalar(1, 'int32')), c: tf.tanh(f(c)) }),
      { turn: tf.scalar(0, 'int32'), c: x }
    )
    return end.c
  },
  plain: (f) => (x) => f(f(x).map(Math.tanh)).map(Math.tanh)
}

export const transformations: readonly Transformation[] = [
  gradient,
  along('jvp', (f) => (x) => jvp(f, x, vector(DIRECTION))[1]),
  along('linearize', (f) => (x) => linearize(f, x)[1](vector(DIRECTION))),
  along('jacobian forward', (f) => (x) => timesDirection(jacobian(f, { mode: 'forward' })(x))),
  along('jacobian reverse', (f) => (x) => timesDirection(jacobian(f, { mode: 'reverse' })(x)), true),
  batched,
  looped('scan', 'all'),
  looped('scan with checkpoints', 2),
  counted,
  { name: 'remat', apply: (f) => remat(f), plain: same },
  {
    name: 'customVjp',
    isReverse: true,
    apply: (f) =>
      customVjp({
        forward: (x: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => [f(x), x],
        backward: (x: tf.Tensor, dy: tf.Tensor): readonly [tf.Tensor] => [vjp(f, x)[1](dy)]
      }),
    plain: same
  },
  {
    // both branches are f, so that nothing jumps where the condition does
    name: 'cond',
    apply: (f) => (x) => cond(tf.greater(tf.sum(x), 0.1), f, (y: tf.Tensor) => tf.neg(tf.neg(f(y))), x),
    plain: same
  }
]

/** One to three transformations, from the inside out, that may be nested so. */
export const nestings: fc.Arbitrary<readonly Transformation[]> = fc
  .array(fc.constantFrom(...transformations), { minLength: 1, maxLength: 3 })
  .filter((list) => list.every(({ isForwardOnly }, i) => !isForwardOnly || !list.slice(i + 1).some((t) => t.isReverse)))

export const nameOf = (nesting: readonly Transformation[]): string =>
  nesting.reduce((inner, { name }) => `${name}(${inner})`, 'f')
