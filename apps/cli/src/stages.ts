/** Stages of a job: each has a bar, and the job can be stopped between them. */
import type { Reporter, Stage } from './progress.js'

/** What a stage needs to know of its job. */
export interface Watched {
  readonly reporter: Reporter
  readonly signal: AbortSignal
}

/** Thrown between stages when the user has asked to stop; never seen by the user. */
export class Interrupted extends Error {}

/** A stage with its bar; stops the job at its end if the user has asked for that. */
export const staged = async <T>(
  { reporter, signal }: Watched,
  name: string,
  body: (stage: Stage) => Promise<readonly [T, string]>
): Promise<T> => {
  if (signal.aborted) throw new Interrupted()
  const stage = reporter.stage(name)
  const [result, note] = await body(stage)
  stage.finish(signal.aborted ? 'stopped' : note)
  if (signal.aborted) throw new Interrupted()
  return result
}
