/** Rounds: in each, every contender measures every workload once. */
import type { Contender } from './contenders/contender'
import type { Outcome, Round } from './measurement'

export interface Plan {
  readonly contenders: readonly Contender[]
  readonly workloads: readonly string[]
  readonly rounds: number
  /** Called after each workload of a round. */
  readonly onWorkload?: (round: number, outcomes: readonly Outcome[]) => void
  /** Called after each round with all so far, so that a long run that is broken off is not lost. */
  readonly onRound?: (rounds: readonly Round[]) => void
}

const attempt = ({ name, measure }: Contender, workload: string): Promise<Outcome> =>
  measure(workload).catch((error: unknown) => ({
    workload,
    contender: name,
    failed: error instanceof Error ? error.message : String(error)
  }))

/**
 * Contenders take turns at each workload, in the opposite order every other round, so that a slow spell of the machine meets
 * all of them and none always runs on a warm one. What fails becomes a `Failure` and ends nothing.
 */
export const runRounds = async ({ contenders, workloads, rounds, onWorkload, onRound }: Plan): Promise<Round[]> => {
  const done: Round[] = []
  for (let round = 0; round < rounds; round++) {
    const found: Outcome[] = []
    for (const workload of workloads) {
      const able = contenders.filter((contender) => contender.workloads.includes(workload))
      const outcomes: Outcome[] = []
      for (const contender of round % 2 === 0 ? able : [...able].reverse())
        outcomes.push(await attempt(contender, workload))
      onWorkload?.(round, outcomes)
      found.push(...outcomes)
    }
    done.push(found)
    onRound?.(done)
  }
  return done
}
