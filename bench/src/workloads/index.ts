import { bbbStep } from './bbb-step'
import { ensembleStep } from './ensemble-step'
import { ffjordStep } from './ffjord-step'
import { hmcBnn } from './hmc-bnn'
import { nutsEightSchools } from './nuts-eight-schools'
import { odeSolve, odeSolveOne } from './ode-solve'
import { realNvpStep } from './realnvp-step'
import type { Workload } from './workload'

/** In the order of python/peers.py, then those of python/ode_solve.py. */
export const workloads: readonly Workload[] = [
  realNvpStep,
  bbbStep,
  ensembleStep,
  hmcBnn,
  nutsEightSchools,
  ffjordStep,
  odeSolve,
  odeSolveOne
]
