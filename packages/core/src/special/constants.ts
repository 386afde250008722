// Numbers that several densities have in common.

/** log sqrt(2 pi) */
export const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI)
