import type { Stepper, Timing } from '../workloads/workload'

/** A workload of ours in another library. */
export interface OtherWorkload extends Timing {
  /** Starts the library's runtime, before the clock. */
  readonly prepare: () => Promise<void>
  /** Makes data and parameters. */
  readonly start: () => Stepper
}
