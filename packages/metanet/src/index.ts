// Neural networks as graphs, and graph networks that read and write them.
export type { EmbeddingParams } from './embedding.js'
export { messageLayer, type GraphState, type MessageLayerOptions, type MessageLayerParams } from './message-layer.js'
export {
  fieldMetanet,
  propertyMetanet,
  type FieldParams,
  type MetanetInput,
  type MetanetOptions,
  type PropertyOptions,
  type PropertyParams,
  type TrunkParams
} from './metanet.js'
export {
  graphWeights,
  standardisationOf,
  weightGraph,
  type Moments,
  type Standardisation,
  type WeightGraph
} from './weight-graph.js'
