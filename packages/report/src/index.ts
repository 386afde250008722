// Calibration and out-of-distribution metrics, Vega-Lite pictures, one self-contained HTML report.
export {}
