/** How products are written in ONNX, whoever writes them: as Gemm, or with the activation of their result. */
import type { Attrs, Aval } from '../graph/graph.js'
import type { OnnxAttribute } from './onnx-scope.js'

/** Whether a product of these is Gemm's, which ONNX Runtime has for matrices of floats alone. */
export const isOfMatrices = ([a, b]: readonly Aval[]): boolean =>
  a!.shape.length === 2 && b!.shape.length === 2 && a!.dtype === 'float32'

const flag = (value: unknown): OnnxAttribute => ({ int: value === true ? 1 : 0 })

/** Of Gemm, and of the products of ONNX Runtime's own. */
export const transposeFlags = ({ transposeA, transposeB }: Attrs): Readonly<Record<string, OnnxAttribute>> => ({
  transA: flag(transposeA),
  transB: flag(transposeB)
})
