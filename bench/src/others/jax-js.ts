/**
 * Workloads in jax-js, written as python/peers.py writes them in JAX. A function of jax-js uses up its arguments, and `.ref`
 * keeps one for another use. Parameters are lists of arrays, w and b of one layer after another.
 */
import { init, jit, nn, numpy as np, valueAndGrad, vmap } from '@jax-js/jax'
import type { Stepper } from '../workloads/workload'
import { ensembleData, realNvpData, type FloatArray, type HostLayer } from './host'
import type { OtherWorkload } from './other-workload'

type Arrays = np.Array[]

const arrayOf = ({ shape, data }: FloatArray): np.Array => np.array(data).reshape(shape)
const leavesOf = (layers: readonly HostLayer[]): Arrays => layers.flatMap(({ w, b }) => [arrayOf(w), arrayOf(b)])

const mlp = (params: Arrays, x: np.Array, activation: (x: np.Array) => np.Array): np.Array => {
  const layers = params.length / 2
  let h = x
  for (let l = 0; l < layers; l++) {
    const out = np.matmul(h, params[2 * l]!).add(params[2 * l + 1]!)
    h = l === layers - 1 ? out : activation(out)
  }
  return h
}

const negatedMean = (x: np.Array): np.Array => np.mean(x).mul(-1)

const realNvpLoss = (params: Arrays, [x]: Arrays): np.Array => {
  let z = x!
  const logScales: Arrays = []
  for (let k = 0; k < 8; k++) {
    const [first, second] = np.split(z, 2, 1)
    const [a, b] = k % 2 === 0 ? [first!, second!] : [second!, first!]
    const [raw, shift] = np.split(mlp(params.slice(6 * k, 6 * k + 6), a.ref, np.tanh), 2, 1)
    const s = np.tanh(raw!)
    logScales.push(s.ref)
    const changed = b.mul(np.exp(s)).add(shift!)
    z = np.concatenate(k % 2 === 0 ? [a, changed] : [changed, a], 1)
  }
  const logDet = logScales.reduce((sum, s) => sum.add(s)).reshape([-1])
  const squares = np.sum(z.ref.mul(z), 1)
  return negatedMean(
    squares
      .mul(-0.5)
      .sub(Math.log(2 * Math.PI))
      .add(logDet)
  )
}

/** With labels as one-hot rows: the gradient of `takeAlongAxis` under `vmap` does not compile in jax-js 0.1.25. */
const memberLoss = (params: Arrays, x: np.Array, oneHot: np.Array): np.Array =>
  negatedMean(np.sum(nn.logSoftmax(mlp(params, x, nn.relu)).mul(oneHot), 1))

const ensembleLoss = (params: Arrays, [x, oneHot]: Arrays): np.Array => np.sum(vmap(memberLoss)(params, x!, oneHot!))

const referTo = (arrays: Arrays): Arrays => arrays.map((array) => array.ref)

/** Adam, as peers.py has it. */
const update = (params: Arrays, gradient: Arrays, m: Arrays, v: Arrays, t: np.Array) => {
  const next = t.add(1)
  const [c1, c2] = [0.9, 0.999].map((beta) => np.subtract(1, np.power(beta, next.ref))) as [np.Array, np.Array]
  const newM = m.map((a, i) => a.mul(0.9).add(gradient[i]!.ref.mul(0.1)))
  const newV = v.map((a, i) => a.mul(0.999).add(np.square(gradient[i]!).mul(0.001)))
  const moved = params.map((p, i) => {
    const mean = newM[i]!.ref.div(c1.ref)
    const root = np.sqrt(newV[i]!.ref.div(c2.ref)).add(1e-8)
    return p.sub(mean.div(root).mul(1e-3))
  })
  c1.dispose()
  c2.dispose()
  return { params: moved, m: newM, v: newV, t: next }
}

/** One compiled Adam step a call, the state handed on, the loss read back. */
const training = (loss: (params: Arrays, batch: Arrays) => np.Array, params: Arrays, batch: Arrays): Stepper => {
  const step = jit((state: ReturnType<typeof update>, given: Arrays) => {
    const [value, gradient] = valueAndGrad(loss)(referTo(state.params), given)
    return { value, state: update(state.params, gradient, state.m, state.v, state.t) }
  })
  const zeros = (): Arrays => params.map((leaf) => np.zeros(leaf.shape))
  let state = { params, m: zeros(), v: zeros(), t: np.array(0) }
  return {
    step: async () => {
      const next = step(state, referTo(batch))
      state = next.state
      const [value] = await next.value.data()
      return value!
    },
    dispose: async () => {
      for (const array of [...state.params, ...state.m, ...state.v, state.t, ...batch]) array.dispose()
      step.dispose()
    }
  }
}

/** Without a global `Worker`, as in Node, jax-js runs on one thread. */
const prepare = async (): Promise<void> => {
  const found = await init('wasm')
  if (!found.includes('wasm')) throw new Error('jax-js found no WebAssembly')
}

export const jaxJsWorkloads: readonly OtherWorkload[] = [
  {
    name: 'realnvp_step',
    repeats: 50,
    prepare,
    start: () => {
      const { couplings, x } = realNvpData()
      return training(realNvpLoss, couplings.flatMap(leavesOf), [arrayOf(x)])
    }
  },
  {
    name: 'ensemble_step',
    repeats: 50,
    prepare,
    start: () => {
      const { layers, x, labels } = ensembleData()
      const oneHot = nn.oneHot(np.array(labels.data).reshape(labels.shape), 10)
      return training(ensembleLoss, leavesOf(layers), [arrayOf(x), oneHot])
    }
  }
]
