/** What one process finds out about one workload. */

/** Milliseconds of the parts of our first result, and the nodes that they dealt with. */
export interface FirstResult {
  readonly trace: number
  readonly passes: number
  readonly emission: number
  readonly session: number
  /** The first run, and everything else. */
  readonly run: number
  readonly tracedNodes: number
  readonly optimisedNodes: number
}

export interface Measurement {
  readonly workload: string
  readonly contender: string
  /** Seconds to the first result: tracing and compilation included, imports excluded. */
  readonly firstSeconds: number
  /** Median milliseconds of a step once warm. */
  readonly stepMilliseconds: number
  /** Most memory that the process ever held. */
  readonly peakMegabytes: number
  readonly firstResult?: FirstResult
}

/** A measurement that did not come about. */
export interface Failure {
  readonly workload: string
  readonly contender: string
  readonly failed: string
}

export type Outcome = Measurement | Failure

export const isFailure = (outcome: Outcome): outcome is Failure => 'failed' in outcome

/** What was measured while no other process of ours ran: every contender once on every workload. */
export type Round = readonly Outcome[]
