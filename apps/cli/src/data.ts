/** The data set of a run: the bundled digits, or the user's own table, split and scaled. */
import { pipe } from 'fp-ts/lib/function.js'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { key } from '@bdl/core'
import {
  featureStatistics,
  loadCsvDataset,
  loadDigits,
  rowCount,
  scaleFeatures,
  splitDataset,
  standardise
} from '@bdl/data'
import type { Dataset } from '@bdl/data'
import type { Parts } from './weights/problem.js'

/** The split never changes with the seed, so that runs compare. */
const SPLIT_SEED = 0
const DIGITS_PARTS = [1000, 297, 500] as const
const SHARES = [0.6, 0.15, 0.25] as const
/** Fewer rows leave nothing to judge by. */
const LEAST_ROWS = 40

const parted = (dataset: Dataset, parts: Parameters<typeof splitDataset>[1]): E.Either<string, Parts> =>
  pipe(
    dataset,
    splitDataset(key(SPLIT_SEED), parts),
    E.chain(([train, validation, test]) =>
      train && validation && test
        ? E.right({ train, validation, test })
        : E.left(`${dataset.name}: expected three parts`)
    )
  )

const digits = (): TE.TaskEither<string, Parts> =>
  pipe(
    loadDigits(),
    TE.chainEitherK((dataset) => parted(scaleFeatures(1 / 16)(dataset), { counts: DIGITS_PARTS }))
  )

/** Features of a user's table are standardised by the training rows. */
const table = (file: string): TE.TaskEither<string, Parts> =>
  pipe(
    loadCsvDataset({})(file),
    TE.filterOrElse(
      (dataset) => rowCount(dataset) >= LEAST_ROWS,
      (dataset) => `${file}: expected at least ${LEAST_ROWS} rows, got ${rowCount(dataset)}`
    ),
    TE.chainEitherK((dataset) => parted(dataset, { fractions: SHARES })),
    TE.map(({ train, validation, test }) => {
      const scaled = standardise(featureStatistics(train))
      return { train: scaled(train), validation: scaled(validation), test: scaled(test) }
    })
  )

export const loadParts = (file: string | undefined): TE.TaskEither<string, Parts> =>
  file === undefined ? digits() : table(file)
