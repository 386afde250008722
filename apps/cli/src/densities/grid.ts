/** Cells that cover the window of a data set finely and what lies around it ever more coarsely: integrals over the plane. */
export interface Grid {
  /** Cells along a side of the window. */
  readonly cells: number
  readonly window: number
  /** Centres of all cells, those of the window first: rows of (x, y), y from the bottom up, x the faster. */
  readonly points: Float32Array
  /** Areas of the cells of all points. */
  readonly areas: Float64Array
}

/** Frames around the window: half sides of their outer edges in windows, and sides of their cells in those of the window. */
const FRAMES = [
  { inner: 0, outer: 1, side: 1 },
  { inner: 1, outer: 2, side: 5 },
  { inner: 2, outer: 10, side: 25 }
] as const

/** Centres of square cells between two squares round the origin, [-inner, inner]^2 and [-outer, outer]^2. */
const frameOf = (inner: number, outer: number, width: number): readonly (readonly [number, number])[] => {
  const n = Math.round((2 * outer) / width)
  const centre = (i: number): number => -outer + (i + 0.5) * width
  const all = Array.from({ length: n * n }, (_, i) => [centre(i % n), centre(Math.floor(i / n))] as const)
  return all.filter(([x, y]) => Math.max(Math.abs(x), Math.abs(y)) > inner)
}

/** @param cells a multiple of 50, so that every square is made of whole cells of the next frame */
export const gridOf = (window: number, cells: number): Grid => {
  const width = (2 * window) / cells
  const frames = FRAMES.map(({ inner, outer, side }) => frameOf(inner * window, outer * window, side * width))
  return {
    cells,
    window,
    points: Float32Array.from(frames.flat(2)),
    areas: Float64Array.from(frames.flatMap((frame, i) => frame.map(() => (width * (FRAMES[i]?.side ?? 1)) ** 2)))
  }
}

/** Integrals of a density given at the points: of each cell of the window, and of all. */
export const integrate = (
  { cells, areas }: Grid,
  logProb: Float32Array
): { readonly inside: Float64Array; readonly total: number } => {
  const masses = areas.map((area, i) => Math.exp(logProb[i] ?? NaN) * area)
  return { inside: masses.slice(0, cells * cells), total: masses.reduce((sum, mass) => sum + mass, 0) }
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
