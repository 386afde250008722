/** A workload: one step of it, ready to run. What a step computes is stated where it is built. */
export interface Workload {
  readonly name: string
  /** Makes data and parameters; compiles nothing. */
  readonly start: () => Run
}

export interface Run {
  /** One step from where the last one ended; the number that it reports, read back as a user would. */
  readonly step: () => Promise<number>
  readonly dispose: () => Promise<void>
}
