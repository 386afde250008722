import { permute, reverse } from '../../src/index'
import { numbersOf, points, type Rows } from './row'

export const vectors: Rows = {
  golden: {
    Permute: { make: (p) => permute(numbersOf(p['permutation'])) },
    Reverse: { make: () => reverse }
  },
  laws: {
    permute: [permute([2, 0, 1]), points],
    reverse: [reverse, points]
  }
}
