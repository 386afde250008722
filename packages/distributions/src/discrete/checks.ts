// Checks of parameters that several discrete families share.
import { expectEvery } from '@bdl/core'
import type { Parameter } from '../parameters.js'
import type { Odds } from './odds.js'

/** Successes are possible. @error InvalidArgument */
export const expectEveryPositive = (fn: string, odds: Odds): void => {
  if ('probs' in odds) expectEvery(fn, 'probs', odds.probs, 'probabilities > 0', (p) => p > 0)
  else expectEvery(fn, 'logits', odds.logits, 'log-odds > -inf', (l) => l > -Infinity)
}

/** Entries are 0, 1, 2, ... @error InvalidArgument */
export const expectCounts = (fn: string, argument: string, n: Parameter): void =>
  expectEvery(fn, argument, n, 'integers >= 0', (x) => Number.isInteger(x) && x >= 0)

/** Failures are possible. @error InvalidArgument */
export const expectFailuresPossible = (fn: string, odds: Odds): void => {
  if ('probs' in odds) expectEvery(fn, 'probs', odds.probs, 'probabilities < 1', (p) => p < 1)
  else expectEvery(fn, 'logits', odds.logits, 'log-odds < inf', (l) => l < Infinity)
}
