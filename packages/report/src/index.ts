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
export { columnOf, principalComponents } from './principal-components.js'
export type { PrincipalComponents } from './principal-components.js'
export { colours, PALETTE, theme } from './charts/theme.js'
export type { Colours } from './charts/theme.js'
export { reliabilityDiagram } from './charts/reliability.js'
export type { ReliabilityCurve, ReliabilityOptions } from './charts/reliability.js'
export { barrierChart, lineChart, lossChart, traceChart } from './charts/lines.js'
export type { Curve, LineOptions, TraceOptions, TracePanel } from './charts/lines.js'
export { scatterChart } from './charts/scatter.js'
export type { ScatterOptions, ScatterPanel } from './charts/scatter.js'
export { histogramChart } from './charts/histograms.js'
export type { HistogramOptions, HistogramPanel, HistogramSeries } from './charts/histograms.js'
export { barChart } from './charts/bars.js'
export type { Bar, BarOptions } from './charts/bars.js'
export { heatMapChart } from './charts/heat-maps.js'
export type { HeatMap, HeatMapOptions, HeatMapRow } from './charts/heat-maps.js'
export { trajectoryChart } from './charts/trajectories.js'
export type { TrajectoryOptions, TrajectoryPanel } from './charts/trajectories.js'
export { auditPicture } from './audit-picture.js'
export type { AuditPictureOptions } from './audit-picture.js'
export { graphPicture } from './graph-picture.js'
export type { GraphPictureOptions } from './graph-picture.js'
export { svg } from './render.js'
export type { SvgOptions } from './render.js'
export { prose } from './page/prose.js'
export { formatNumber, tableHtml } from './page/table.js'
export type { Cell, Column, Table } from './page/table.js'
export { htmlReport } from './page/report.js'
export type { Block, Fact, Figure, Report, Section } from './page/report.js'
