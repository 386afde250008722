/** TensorFlow.js draws random numbers on the host: a trace would freeze them into the graph. So they are refused by name. */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '../errors.js'
import { whereabouts } from './user-line.js'

const DRAWS =
  /^(rand|randomGamma|randomNormal|randomStandardNormal|randomUniform|randomUniformInt|truncatedNormal)__op$/

/** What to call instead, from @bdl/core. */
const INSTEAD: Readonly<Record<string, string>> = {
  dropout: 'Make the mask with a key, bernoulli(key, 1 - rate, shape) of @bdl/core, and divide by 1 - rate',
  rand: 'Draw with a key: uniform(key, shape) of @bdl/core',
  randomNormal: 'Draw with a key: normal(key, shape) of @bdl/core',
  randomStandardNormal: 'Draw with a key: normal(key, shape) of @bdl/core',
  randomUniform: 'Draw with a key: uniform(key, shape) of @bdl/core',
  randomUniformInt: 'Draw with a key: randint of @bdl/core',
  truncatedNormal: 'Draw with a key: truncatedNormal of @bdl/core'
}

/** The outermost op of TensorFlow.js that is running: what the user called. */
const calledOp = (): string => {
  const names = tf.engine().state.scopeStack.map(({ name }) => name)
  return (names.find((name) => name.endsWith('__op')) ?? '').replace('__op', '')
}

/** @error NotTraceable while a random op of TensorFlow.js is running */
export const refuseFrozenDraws = (fn: string): void => {
  if (!DRAWS.test(tf.engine().state.activeScope?.name ?? '')) return
  const op = calledOp()
  throw new BdlError({
    code: 'NotTraceable',
    fn,
    argument: `op ${op}`,
    expected: 'random numbers that are a function of a key',
    got: 'numbers that TensorFlow.js draws once, which the trace would keep for ever',
    hint: INSTEAD[op] ?? 'Draw with a key from @bdl/core, or draw outside and pass the tensor as an argument',
    ...whereabouts()
  })
}
