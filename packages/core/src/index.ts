// Trees, keys, Learnable, special functions and typed errors for Bayesian deep learning.
export {
  BdlError,
  describeDef,
  expectInteger,
  expectPositive,
  expectShape,
  flatten,
  isBdlError,
  isTensor,
  leaves,
  mapTree,
  unflatten,
  zipTrees,
  type BdlErrorCode,
  type BdlErrorDetails,
  type Tree,
  type TreeDef
} from '@bdl/compiler'
export { fromHost, hostArray, sizeOfShape, toHost, toHostSync, type HostArray } from './host-array.js'
export { ravel, ravelBatch, type Raveled } from './ravel.js'
export { scoped } from './scope.js'
export {
  addTrees,
  cloneTree,
  disposeTree,
  dotTrees,
  indexTree,
  scaleTree,
  stackTrees,
  subTrees,
  unstackTree,
  zerosLikeTree
} from './tree-algebra.js'
