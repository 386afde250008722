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
  unflatten,
  zipTrees,
  type Tree,
  type TreeDef
} from './tree.js'
