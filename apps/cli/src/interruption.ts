/** Ctrl-C: the first signal asks a job to stop at the next chance; a second one ends the process at once. */
import { EXIT } from './command.js'
import type { OpenReporter } from './progress.js'

/** npm hands on a signal that the terminal has sent to the job already: two within this time, in ms, are one key press. */
const ONE_PRESS = 500

const listen = (reporter: OpenReporter): { readonly signal: AbortSignal; readonly release: () => void } => {
  const controller = new AbortController()
  let first = 0
  const stop = (): void => {
    if (controller.signal.aborted) {
      if (performance.now() - first < ONE_PRESS) return
      reporter.close()
      process.exit(EXIT.interrupted)
    }
    first = performance.now()
    controller.abort()
    reporter.say('Stopping: a partial report is being written (Ctrl-C again ends at once).')
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    }
  }
}

/** The body with a signal that Ctrl-C fires; the listeners go with it. */
export const interruptible = async <A>(
  reporter: OpenReporter,
  body: (signal: AbortSignal) => Promise<A>
): Promise<A> => {
  const { signal, release } = listen(reporter)
  try {
    return await body(signal)
  } finally {
    release()
  }
}
