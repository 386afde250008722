/**
 * A field whose correction is a graph metanet: the network on its way is its input as a graph, with the data gradient and
 * the predicted end point as further channels of nodes and edges, if it may see them.
 */
import { ravel, scoped } from '@bdl/core'
import { fieldMetanet } from '@bdl/metanet'
import type { FieldParams, Standardisation } from '@bdl/metanet'
import { unravelFor } from '../networks.js'
import { dataGradient } from './data-gradient.js'
import type { FlatLogLikelihood } from './data-gradient.js'
import type { BaseField, WeightField } from './field.js'

export interface MetanetFieldOptions {
  readonly sizes: readonly number[]
  /** Block-wise moments of the targets. */
  readonly standardisation: Standardisation
  /** `all` tells hidden units apart: for aligned weights. `ends` is equivariant: one field for every copy. */
  readonly unitEmbeddings: 'ends' | 'all'
  /** Absent: the field sees only the weights. */
  readonly logLikelihood?: FlatLogLikelihood
}

export const metanetField = (name: string, base: BaseField, options: MetanetFieldOptions): WeightField<FieldParams> => {
  const { sizes, standardisation, unitEmbeddings, logLikelihood } = options
  const see = logLikelihood && dataGradient(base, logLikelihood)
  const unravel = unravelFor(sizes)
  const net = fieldMetanet({
    sizes,
    channels: 16,
    layers: 2,
    timeFrequencies: 4,
    unitEmbeddings,
    standardisation,
    extraChannels: see ? 2 : 0
  })
  return {
    name,
    base,
    init: net.init,
    correction: (params, t, x) =>
      scoped(() => {
        const extra = see ? see(t, x).map(unravel) : []
        return ravel(net.build(params)({ weights: unravel(x), time: t, extra })).vector
      })
  }
}
