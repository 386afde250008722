/** Cells that cover the window of a data set finely, and what lies around it coarsely: an integral over [-2w, 2w]^2. */
export interface Grid {
  /** Cells along a side of the window. */
  readonly cells: number
  readonly window: number
  /** Centres of all cells, those of the window first: rows of (x, y), y from the bottom up, x the faster. */
  readonly points: Float32Array
  /** Area of a cell of the window; cells around it are as large as `COARSE`^2 of them. */
  readonly area: number
}

/** Sides of cells around the window, in those of its own. */
const COARSE = 5

const centre = (i: number, width: number, low: number): number => low + (i + 0.5) * width

/** `cells` must be a multiple of twice COARSE, so that the window is made of whole coarse cells. */
export const gridOf = (window: number, cells: number): Grid => {
  const width = (2 * window) / cells
  const fine = Array.from({ length: cells * cells }, (_, i) => [
    centre(i % cells, width, -window),
    centre(Math.floor(i / cells), width, -window)
  ])
  const sides = (2 * cells) / COARSE
  const wide = Array.from({ length: sides * sides }, (_, i) => [
    centre(i % sides, COARSE * width, -2 * window),
    centre(Math.floor(i / sides), COARSE * width, -2 * window)
  ])
  const around = wide.filter(([x = 0, y = 0]) => Math.max(Math.abs(x), Math.abs(y)) > window)
  return { cells, window, points: Float32Array.from([...fine, ...around].flat()), area: width * width }
}

/** Integrals of a density given at the points: of each cell of the window, and of all. */
export const integrate = (
  { cells, area }: Grid,
  logProb: Float32Array
): { readonly inside: Float64Array; readonly total: number } => {
  const inside = Float64Array.from(logProb.subarray(0, cells * cells), (l) => Math.exp(l) * area)
  const around = logProb.subarray(cells * cells).reduce((sum, l) => sum + Math.exp(l), 0) * area * COARSE ** 2
  return { inside, total: inside.reduce((sum, mass) => sum + mass, 0) + around }
}

/** Numbers of points (x, y) in each of n x n cells of the window, in the order of the grid. */
export const histogram = (points: Float32Array, window: number, n: number): Float64Array => {
  const counts = new Float64Array(n * n)
  const cellOf = (v: number): number => Math.floor(((v / window + 1) / 2) * n)
  for (let i = 0; i + 1 < points.length; i += 2) {
    const [column, row] = [cellOf(points[i] ?? NaN), cellOf(points[i + 1] ?? NaN)]
    if (column >= 0 && column < n && row >= 0 && row < n) counts[row * n + column]! += 1
  }
  return counts
}

/** Sums of k x k cells. */
export const pooled = (fine: Float64Array, cells: number, k: number): Float64Array => {
  const n = cells / k
  const sums = new Float64Array(n * n)
  fine.forEach((v, i) => {
    sums[Math.floor(Math.floor(i / cells) / k) * n + Math.floor((i % cells) / k)]! += v
  })
  return sums
}
