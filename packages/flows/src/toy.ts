// The two-dimensional data sets that density models are compared on, by key, traceable, each with its log density.
import { twoMoons, swissRoll } from './toy/arcs.js'
import { checkerboard } from './toy/checkerboard.js'
import type { ToyDataset } from './toy/dataset.js'
import { circles, eightGaussians, rings } from './toy/mixtures.js'
import { pinwheel } from './toy/pinwheel.js'
import { twoSpirals } from './toy/two-spirals.js'

export { checkerboard, circles, eightGaussians, pinwheel, rings, swissRoll, twoMoons, twoSpirals }
export { toyDataset, type ToyDataset, type ToySpec } from './toy/dataset.js'

/** All of them. */
export const toyDatasets: readonly ToyDataset[] = [
  twoMoons,
  swissRoll,
  eightGaussians,
  checkerboard,
  rings,
  pinwheel,
  twoSpirals,
  circles
]
