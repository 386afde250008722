// The data sets that lie in the package (assets/README.md has their origins and licences).
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Dataset } from './dataset.js'
import { loadCsvDataset } from './table-dataset.js'
import type { DatasetOptions } from './table-dataset.js'

// `new URL(literal, import.meta.url)` is what bundlers look for, and dist/ and src/ lie at the same depth.
const bundled = (name: string, url: URL, options: DatasetOptions): TE.TaskEither<string, Dataset> =>
  pipe(
    loadCsvDataset(options)(url),
    TE.map((dataset) => ({ ...dataset, name }))
  )

/**
 * Optical digits: 1,797 images of 8x8 pixels, integers 0..16, ten classes.
 *
 * @source E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository, doi:10.24432/C50P49, CC BY 4.0
 * @example (await loadDigits()()) // => right({ features: { shape: [1797, 64], ... }, classes: 10, ... })
 */
export const loadDigits = (): TE.TaskEither<string, Dataset> =>
  bundled('digits', new URL('../assets/digits.csv.gz', import.meta.url), { classes: 10, imageShape: [8, 8] })

/**
 * Iris: 150 flowers, four lengths in cm, three species (0 setosa, 1 versicolor, 2 virginica).
 *
 * @source R. A. Fisher (1936), UCI Machine Learning Repository, doi:10.24432/C56C76, CC BY 4.0
 */
export const loadIris = (): TE.TaskEither<string, Dataset> =>
  bundled('iris', new URL('../assets/iris.csv.gz', import.meta.url), { classes: 3 })

/**
 * Wine: 178 wines, 13 chemical measurements, three cultivars.
 *
 * @source S. Aeberhard and M. Forina (1992), UCI Machine Learning Repository, doi:10.24432/C5PC7J, CC BY 4.0
 */
export const loadWine = (): TE.TaskEither<string, Dataset> =>
  bundled('wine', new URL('../assets/wine.csv.gz', import.meta.url), { classes: 3 })

/**
 * Breast cancer, Wisconsin diagnostic: 569 samples, 30 measurements, 0 malignant, 1 benign.
 *
 * @source W. Wolberg et al. (1993), UCI Machine Learning Repository, doi:10.24432/C5DW2B, CC BY 4.0
 */
export const loadBreastCancer = (): TE.TaskEither<string, Dataset> =>
  bundled('breast cancer', new URL('../assets/breast_cancer.csv.gz', import.meta.url), { classes: 2 })
