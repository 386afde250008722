/** Every op function of TensorFlow.js has a case, or a test that it is refused: no function is forgotten. */
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'

const texts = Object.values({
  ...import.meta.glob<string>('./tfjs-cases/*.ts', { query: '?raw', import: 'default', eager: true }),
  ...import.meta.glob<string>('./refusals.test.ts', { query: '?raw', import: 'default', eager: true })
}).join('\n')

/** Functions that make no tensor of tensors: backends, registries, memory, the tape, optimizers, numbers. */
const NO_OPS = new Set(
  (
    'AdadeltaOptimizer AdagradOptimizer AdamOptimizer AdamaxOptimizer DataStorage Environment KernelBackend ' +
    'MomentumOptimizer Optimizer OptimizerConstructors RMSPropOptimizer SGDOptimizer Tensor TensorBuffer Variable ' +
    'backend buffer copyRegisteredKernels cosineWindow customGrad deprecationWarn disableDeprecationWarnings dispose ' +
    'disposeVariables enableDebugMode enableProdMode enclosingPowerOfTwo engine env findBackend findBackendFactory ' +
    'getBackend getGradient getKernel getKernelsForBackend grad grads keep memory nextFrame op print profile ready ' +
    'registerBackend registerGradient registerKernel removeBackend setBackend setPlatform sumOutType tensor2d ' +
    'tensor3d tensor4d tensor5d tensor6d tidy time train unregisterGradient unregisterKernel upcastType ' +
    'valueAndGrad valueAndGrads variable variableGrads'
  ).split(' ')
)

const GROUPS = ['fused', 'image', 'linalg', 'losses', 'math', 'signal', 'sparse', 'spectral', 'string'] as const

const functions: readonly string[] = [
  ...Object.entries(tf)
    .filter(([name, value]) => typeof value === 'function' && !NO_OPS.has(name))
    .map(([name]) => name),
  ...GROUPS.flatMap((group) => Object.keys(tf[group]).map((name) => `${group}.${name}`))
]

test('every op function is called by a case or by a refusal', () => {
  expect(functions.length).toBeGreaterThan(200)
  const isCalled = (name: string): boolean => new RegExp(`\\b${name.replace('.', '\\.')}\\b`).test(texts)
  expect(functions.filter((name) => !isCalled(name))).toEqual([])
})
