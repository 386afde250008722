// Metrics of calibration and of being out of distribution, Vega-Lite pictures, one self-contained HTML report.
export {
  accuracy,
  binaryBrierScore,
  brierScore,
  confidence,
  correctness,
  negativeLogLikelihood,
  predictedLabels,
  softmax,
  topKAccuracy
} from './classification.js'
export {
  adaptiveCalibrationError,
  calibrationBins,
  calibrationError,
  equalMassBins,
  equalWidthBins,
  expectedCalibrationError,
  maximumCalibrationError
} from './calibration.js'
export type { BinOptions, CalibrationBin } from './calibration.js'
export {
  disagreement,
  entropy,
  expectedEntropy,
  logPredictiveDensity,
  member,
  modelAverage,
  mutualInformation,
  pairwiseJsd,
  pairwiseKl
} from './uncertainty.js'
export { auroc, averagePrecision, confidenceAuroc, outOfDistributionAuroc } from './ranking.js'
export {
  ensembleCrps,
  gaussianCoverage,
  gaussianCrps,
  gaussianNll,
  meanAbsoluteError,
  rSquared,
  rootMeanSquaredError
} from './regression.js'
export {
  energyDistance,
  medianPairwiseDistance,
  mmdSquared,
  project,
  slicedWasserstein,
  wassersteinPower
} from './two-sample.js'
export type { PairMean } from './two-sample.js'
export { mmdTest, randomDirections } from './two-sample-test.js'
export type { MmdTest, MmdTestOptions } from './two-sample-test.js'
