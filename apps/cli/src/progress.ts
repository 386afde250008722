/** Progress bars, one per stage, with the time left. On a terminal they move; in a log each stage is one line. */
import { SingleBar } from 'cli-progress'

export interface Stage {
  readonly update: (done: number, total: number) => void
  readonly finish: (note?: string) => void
}

export interface Reporter {
  readonly stage: (name: string) => Stage
  readonly say: (line: string) => void
}

const NAME_WIDTH = 34

const time = (seconds: number): string =>
  seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`

const padded = (name: string): string => name.padEnd(NAME_WIDTH)

/** Estimate from the share done: stages are made of equal steps. */
const timeLeft = (start: number, done: number, total: number): string => {
  if (done === 0) return ''
  const elapsed = (performance.now() - start) / 1000
  return `${time((elapsed * (total - done)) / done)} left`
}

const terminalStage = (stream: NodeJS.WriteStream, name: string): Stage => {
  const start = performance.now()
  const bar = new SingleBar({
    format: `${padded(name)} {bar} {percentage}%  {left}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 28,
    hideCursor: true,
    clearOnComplete: true,
    linewrap: false,
    stream
  })
  bar.start(1, 0, { left: '' })
  return {
    update: (done, total) => {
      bar.setTotal(total)
      bar.update(done, { left: timeLeft(start, done, total) })
    },
    finish: (note = '') => {
      bar.stop()
      stream.write(`${padded(name)} ${time((performance.now() - start) / 1000).padStart(9)}  ${note}\n`)
    }
  }
}

const logStage = (stream: NodeJS.WriteStream, name: string): Stage => {
  const start = performance.now()
  return {
    update: () => {},
    finish: (note = '') =>
      void stream.write(`${padded(name)} ${time((performance.now() - start) / 1000).padStart(9)}  ${note}\n`)
  }
}

/** Writes to stderr, so that stdout holds results alone. */
export const reporterFor = (stream: NodeJS.WriteStream): Reporter => ({
  stage: (name) => (stream.isTTY ? terminalStage(stream, name) : logStage(stream, name)),
  say: (line) => void stream.write(`${line}\n`)
})
