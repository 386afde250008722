/** What a stage of the job is given to be watched and stopped by. */
import type { Progress } from '@bdl/inference'

export interface Watch {
  readonly onProgress: (progress: Progress) => void
  readonly signal: AbortSignal
}
