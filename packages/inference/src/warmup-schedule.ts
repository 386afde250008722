/**
 * When warm-up learns what: Stan's three phases. Fast intervals adapt the step size alone; slow windows, each twice as
 * long as the one before, also learn the mass matrix and end by putting it to use.
 */
import { expectInteger } from '@bdl/core'

export type WarmupSchedule = {
  /** Per step: true in a slow window. */
  readonly isSlow: readonly boolean[]
  /** Per step: true at the last step of a slow window. */
  readonly isWindowEnd: readonly boolean[]
}

export type WarmupBuffers = {
  /** Fast steps at the start; 75. */
  readonly initialBuffer?: number
  /** Fast steps at the end; 50. */
  readonly finalBuffer?: number
  /** Length of the first slow window; 25. */
  readonly firstWindow?: number
}

/** Below this many steps there is no time to learn a mass matrix. */
const LEAST_STEPS_FOR_WINDOWS = 20

/** Buffers that fit: 15 % and 10 % of the steps where Stan's defaults are too long. */
const fit = (steps: number, { initialBuffer = 75, finalBuffer = 50, firstWindow = 25 }: WarmupBuffers) => {
  if (initialBuffer + firstWindow + finalBuffer <= steps) return { initialBuffer, finalBuffer, firstWindow }
  const [initial, final] = [Math.floor(0.15 * steps), Math.floor(0.1 * steps)]
  return { initialBuffer: initial, finalBuffer: final, firstWindow: steps - initial - final }
}

/**
 * Stan's schedule for a given number of warm-up steps.
 *
 * @param steps length of warm-up; under 20 all steps are fast
 * @error InvalidArgument if `steps` is no integer >= 0
 * @source Stan Reference Manual, "HMC algorithm parameters: automatic parameter tuning"
 * @example warmupSchedule(1000).isWindowEnd.indexOf(true) // => 99
 */
export const warmupSchedule = (steps: number, buffers: WarmupBuffers = {}): WarmupSchedule => {
  expectInteger('warmupSchedule', { steps })
  const isSlow = Array.from({ length: steps }, () => false)
  const isWindowEnd = isSlow.slice()
  if (steps < LEAST_STEPS_FOR_WINDOWS) return { isSlow, isWindowEnd }
  const { initialBuffer, finalBuffer, firstWindow } = fit(steps, buffers)
  const end = steps - finalBuffer
  let size = firstWindow
  for (let start = initialBuffer; start < end;) {
    // a window takes the rest if the next one, twice as long, would not fit after it
    const isLast = 3 * size > end - start
    const next = isLast ? end : start + size
    isSlow.fill(true, start, next)
    isWindowEnd[next - 1] = true
    if (!isLast) size *= 2
    start = next
  }
  return { isSlow, isWindowEnd }
}
