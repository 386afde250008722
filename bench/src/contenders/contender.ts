import type { Measurement } from '../measurement'

/** Somebody who runs workloads: one of our engines, a peer in Python, another library of TypeScript. */
export interface Contender {
  /** In results. */
  readonly name: string
  /** At the head of a column. */
  readonly title: string
  readonly kind: 'ours' | 'engine' | 'peer' | 'typescript'
  /** Names of the workloads that it has. */
  readonly workloads: readonly string[]
  /** Measures one of them in a fresh process. @throws Error if that fails */
  readonly measure: (workload: string) => Promise<Measurement>
}
