/**
 * A TensorFlow.js backend whose kernels record instead of compute. It is registered at the first trace, not on import, so
 * that TensorFlow.js never picks it as anybody's default.
 */
import * as tf from '@tensorflow/tfjs-core'
import { BdlError } from '../errors.js'
import { splatOf, newValue } from '../graph/graph.js'
import { broadcastTo } from '../primitives/shape.js'
import { addConstant, currentBuilder, dataIdOf, dataOf, dtypeOf, isTracing } from './context.js'
import { sourceNow } from './sources.js'
import { whereabouts } from './user-line.js'
import { refuseFrozenDraws } from './frozen-draws.js'
import { registerTraceKernels } from './kernels.js'

export const TRACE_BACKEND = 'bdl-trace'

const cannotRead = (): BdlError =>
  new BdlError({
    code: 'NotTraceable',
    fn: isTracing() ? currentBuilder().fn : 'trace',
    argument: 'op read (dataSync, arraySync, data, print, ...)',
    expected: 'a function that computes with tensors alone',
    got: 'one that reads the value of a traced tensor, which has none yet',
    hint: 'Branch with tf.where, cond or whileLoop, and read results outside of the traced function',
    ...whereabouts()
  })

class TraceBackend extends tf.KernelBackend {
  override refCount(): number {
    return 1
  }
  override incRef(): void {}
  override timerAvailable(): boolean {
    return false
  }
  override numDataIds(): number {
    return 0
  }
  override disposeData(): boolean {
    return true
  }
  override floatPrecision(): 32 {
    return 32
  }
  override epsilon(): number {
    return 1e-7
  }
  override memory(): { unreliable: boolean } {
    return { unreliable: true }
  }
  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    const builder = currentBuilder()
    refuseFrozenDraws(builder.fn)
    const constant = dataOf(values, shape, dtypeOf({ dtype }, builder.fn))
    const splat = constant.data.length > 1 ? splatOf(constant.data) : undefined
    if (splat === undefined) return dataIdOf(builder, addConstant(builder, constant))
    const scalar = addConstant(builder, { shape: [], dtype: constant.dtype, data: constant.data.slice(0, 1) })
    const output = newValue(constant)
    const source = sourceNow()
    builder.nodes.push({
      primitive: broadcastTo,
      inputs: [scalar],
      attrs: { shape: constant.shape },
      outputs: [output],
      ...(source && { source })
    })
    return dataIdOf(builder, output)
  }
  override readSync(): never {
    throw cannotRead()
  }
  override read(): Promise<never> {
    return Promise.reject(cannotRead())
  }
}

let registered = false

/** Selects the trace backend; returns a function that selects what was there before. */
export const enterTraceBackend = (): (() => void) => {
  const engine = tf.engine()
  if (engine.backendNames().length === (registered ? 1 : 0))
    throw new BdlError({
      code: 'NotTraceable',
      fn: 'trace',
      argument: 'TensorFlow.js backend',
      expected: 'a registered backend to hold real tensors',
      got: 'none',
      hint: "Import one first, for example: import '@tensorflow/tfjs-backend-cpu'",
      ...whereabouts()
    })
  void engine.backend // initialises the default backend, if none was chosen yet
  const previous = tf.getBackend()
  if (previous === TRACE_BACKEND) return () => {}
  if (!registered) {
    tf.registerBackend(TRACE_BACKEND, () => new TraceBackend(), -1)
    registerTraceKernels(TRACE_BACKEND)
    registered = true
  }
  void tf.setBackend(TRACE_BACKEND) // at once: its factory is synchronous
  return () => void tf.setBackend(previous)
}
