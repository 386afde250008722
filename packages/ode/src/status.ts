/** Why a solve ended. */

/** An entry of `Solution.status`. Up to `event` the state at the end is a state of the problem; else it is NaN. */
export const SolveStatus = { done: 0, stepLimit: 1, notFinite: 2, stepTooSmall: 3, event: 4 } as const

const TEXTS: Readonly<Record<number, string>> = {
  [SolveStatus.done]: 'reached t1',
  [SolveStatus.stepLimit]:
    'maxSteps tried before t1: raise it, loosen the tolerances, or take rodas5p if the problem is stiff',
  [SolveStatus.notFinite]:
    'the field was not finite even with the shortest step: is it defined there, does the solution end?',
  [SolveStatus.stepTooSmall]:
    'the shortest step was not accurate enough: loosen the tolerances or minStep, or take rodas5p if the problem is stiff',
  [SolveStatus.event]: 'a terminal event ended the solve'
}

/**
 * What a status means, and what to try.
 * @example describeStatus(solution.status.dataSync()[0]) // 'reached t1'
 */
export const describeStatus = (status: number): string => TEXTS[status] ?? `no status: ${status}`
