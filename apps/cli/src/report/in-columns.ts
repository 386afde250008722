/** How a picture's legend is laid out. */
import type { Figure } from '@bdl/report'

/** Legends of long names in columns, so that they stay as wide as the picture. */
export const inColumns = (spec: Figure['spec'], columns: number): Figure['spec'] => ({
  ...spec,
  config: { ...spec.config, legend: { ...spec.config?.legend, columns, labelLimit: 0 } }
})
