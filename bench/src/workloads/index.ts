import { bbbStep } from './bbb-step'
import { ensembleStep } from './ensemble-step'
import { ffjordStep } from './ffjord-step'
import { hmcBnn } from './hmc-bnn'
import { realNvpStep } from './realnvp-step'
import type { Workload } from './workload'

/** In the order of python/peers.py. Those of its workloads that are not here come with an issue of their own. */
export const workloads: readonly Workload[] = [realNvpStep, bbbStep, ensembleStep, hmcBnn, ffjordStep]
