// Traces TensorFlow.js programs into a graph, transforms them (grad, vjp, vmap), compiles and runs them.
export {
  BdlError,
  expectInteger,
  expectPositive,
  expectShape,
  isBdlError,
  type BdlErrorCode,
  type BdlErrorDetails
} from './errors.js'
export {
  countLeaves,
  describeDef,
  flatten,
  isTensor,
  leaves,
  mapTree,
  tidyTree,
  unflatten,
  zipTrees,
  type Tree,
  type TreeDef
} from './tree.js'
export { setDefaultEngine, type EngineName } from './engines/auto.js'
export { eagerEngine } from './engines/eager.js'
export { type CompileReport, type Engine, type Executable, type KernelTime, type Profile } from './engines/engine.js'
export { onnxEngine, type OnnxOptions } from './engines/onnx-runtime.js'
export { referenceEngine } from './engines/reference.js'
export { unsupportedByWasm, wasmEngine, type WasmOptions } from './engines/wasm.js'
export {
  audit,
  auditWith,
  type AuditOptions,
  type AuditReport,
  type NodeAudit,
  type OutputAudit
} from './inspect/audit.js'
export { formatAudit, type FormatAuditOptions } from './inspect/format-audit.js'
export { type Cause } from './inspect/diagnose.js'
export { type Discrepancy, type WorstElement } from './inspect/measure.js'
export { explain, explainWith, type ExplainedPass, type ExplainOptions, type Explanation } from './inspect/explain.js'
export { formatExplanation, type FormatExplanationOptions } from './inspect/format-explanation.js'
export { type NodeTime } from './inspect/node-times.js'
export { jit, type JitFunction, type JitOptions, type JitStats } from './jit.js'
export { grad, stopGradient, valueAndGrad, valueAndGradWithAux, vjp } from './transforms/grad.js'
export { hvp, jvp } from './transforms/jvp.js'
export { linearize } from './transforms/linearize.js'
export { hessian, jacobian, type JacobianOf, type JacobianOptions } from './transforms/jacobian.js'
export { remat } from './transforms/remat.js'
export { vmap, type InAxis } from './transforms/vmap.js'
export { customVjp, type CustomVjpRule } from './transforms/custom-vjp.js'
export { cond, foriLoop, scan, whileLoop, type ScanOptions } from './transforms/control-flow.js'
export { isTracing } from './trace/context.js'
export { broadcastShapes } from './primitives/broadcasting.js'
export { bitsToUnit, bitwiseXor, threefry2x32 } from './primitives/random-bits.js'
export { argsort, sort } from './primitives/sorting.js'
export { cholesky, qr, slogdet, triangularSolve, tril, triu, type Qr, type TriangularSolveOptions } from './linalg.js'
export { digamma, erf, erfc, erfinv, erfinvXla, lgamma, logRemainder, polygamma } from './special.js'
