/**
 * Every primitive on WebGPU. WGSL promises less than IEEE 754 does: sine and cosine within 2^-11, other functions within
 * some units in the last place, and a shader may assume that there are no NaN or infinities; hence the tolerance, and
 * ordinary numbers only.
 */
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { jit, onnxEngine } from '../src/index'
import { loadRuntime } from '../src/engines/load-runtime'
import { evaluateReference } from '../src/graph/evaluate'
import { expectNear, gradientOf, graphFor, hostOf, tensorOf, type Row } from './support/laws'
import { rows } from './support/primitive-rows'
import { isInPage } from './support/where'

const engine = onnxEngine({ runtime: 'webgpu' })

const TOLERANCE = 4e-3

const adapterHere = async (): Promise<boolean> => {
  const gpu: unknown = Reflect.get(navigator, 'gpu')
  if (typeof gpu !== 'object' || gpu === null || !('requestAdapter' in gpu)) return false
  return typeof gpu.requestAdapter === 'function' && (await gpu.requestAdapter.call(gpu)) !== null
}

const valueAndGradient =
  (row: Row) =>
  (...xs: tf.Tensor[]): readonly tf.Tensor[] => [row.f(...xs), ...(row.differentiable ? gradientOf(row)(...xs) : [])]

const everyPrimitive = (): void => {
  beforeAll(async () => {
    expect(await adapterHere(), 'a WebGPU adapter').toBe(true)
    expect((await loadRuntime({ runtime: 'webgpu' })).executionProviders).toEqual(['webgpu', 'wasm'])
  })

  test.each(rows.map((row, i) => ({ title: `${row.primitive}${row.label && `, ${row.label}`} (${i})`, row })))(
    '$title = float64 reference',
    async ({ row }) => {
      const inputs = row.args.map((arg) => hostOf(arg))
      const want = evaluateReference(graphFor(valueAndGradient(row), row.args), inputs)
      const compiled = jit((...xs: tf.Tensor[]) => valueAndGradient(row)(...xs), { engine })
      const got = await compiled(...inputs.map(tensorOf))
      want.forEach(({ shape, dtype, data }, k) => {
        expect([got[k]!.shape, got[k]!.dtype]).toEqual([shape, dtype])
        expectNear(`result ${k}`, got[k]!.dataSync(), data, Math.max(row.tolerance, TOLERANCE))
      })
      await compiled.dispose()
    }
  )
}

if (isInPage) describe('WebGPU', everyPrimitive)

test('without an adapter it says so once and runs in WebAssembly', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  vi.stubGlobal('navigator', { hardwareConcurrency: 1 })
  try {
    const f = jit((x: tf.Tensor) => tf.square(x), { engine })
    expect((await f(tf.scalar(3))).dataSync()[0]).toBe(9)
    expect((await f(tf.ones([2]))).dataSync()).toEqual(Float32Array.from([1, 1]))
    expect((await loadRuntime({ runtime: 'webgpu' })).executionProviders).toBeUndefined()
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/no WebGPU here.*adapter.*WebAssembly/)]])
    await f.dispose()
  } finally {
    vi.unstubAllGlobals()
    warn.mockRestore()
  }
})
