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

/** A reporter that owns the terminal's line and cursor until it is closed. */
export interface OpenReporter extends Reporter {
  /** Stops a bar that is still there and gives the cursor back; may be called twice. */
  readonly close: () => void
}

const NAME_WIDTH = 38
const TIME_WIDTH = 10
const BAR = { least: 8, most: 30 } as const
/** What stands beside name and bar: spaces, percentage, time left. */
const BESIDE_BAR = 26
const DEFAULT_COLUMNS = 80

/** Seconds as a person says them. */
export const duration = (seconds: number): string => {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** A name in its column; what is too long is cut, so that columns stay in line. */
const padded = (name: string): string =>
  name.length > NAME_WIDTH ? `${name.slice(0, NAME_WIDTH - 1)}…` : name.padEnd(NAME_WIDTH)

const seconds = (): number => performance.now() / 1000

/** One pass of equal steps; a stage may have several, each with its own total. */
interface Pass {
  readonly start: number
  readonly done: number
  readonly total: number
  /** When `done` was last heard of. */
  readonly heard: number
}

/** @param now seconds, as all times here */
export const advance = (pass: Pass, done: number, total: number, now: number): Pass =>
  total === pass.total && done >= pass.done
    ? { ...pass, done, heard: now }
    : { start: pass.heard, done, total, heard: now }

/** The rest at the mean speed of the pass, less what has gone by since the last step. */
export const timeLeft = ({ start, done, total, heard }: Pass, now: number): string => {
  if (done <= 0) return ''
  if (done >= total) return 'finishing'
  const rest = ((heard - start) * (total - done)) / done - (now - heard)
  return `${duration(Math.max(0, rest))} left`
}

/** The line of a running stage, never longer than the terminal is wide. */
export const barLine = (name: string, share: number, note: string, columns: number): string => {
  const width = Math.min(BAR.most, Math.max(BAR.least, columns - NAME_WIDTH - BESIDE_BAR))
  const full = Math.round(Math.min(1, Math.max(0, share)) * width)
  const bar = '█'.repeat(full) + '░'.repeat(width - full)
  const percent = `${Math.floor(100 * Math.min(1, share))}%`.padStart(4)
  return `${padded(name)} ${bar} ${percent}  ${note}`.slice(0, Math.max(1, columns - 1)).trimEnd()
}

/** The line of a stage that has ended; a note that does not fit goes under its stage. */
export const endLine = (name: string, elapsed: number, note: string, columns: number): string => {
  const line = `${padded(name)} ${duration(elapsed).padStart(TIME_WIDTH)}`
  if (note === '') return line
  return line.length + 2 + note.length < columns ? `${line}  ${note}` : `${line}\n    ${note}`
}

interface TerminalStage extends Stage {
  readonly stop: () => void
  /** Writes a line above the bar. */
  readonly say: (line: string) => void
}

const terminalStage = (stream: NodeJS.WriteStream, name: string, onEnd: () => void): TerminalStage => {
  const begun = seconds()
  const columns = (): number => stream.columns || DEFAULT_COLUMNS
  let pass: Pass = { start: begun, done: 0, total: 1, heard: begun }
  const noteOf = (): string => timeLeft(pass, seconds()) || duration(seconds() - begun)
  const bar = new SingleBar({
    // drawn anew ten times a second: the clock moves also where the steps do not
    format: () => barLine(name, pass.done / pass.total, noteOf(), columns()),
    hideCursor: true,
    clearOnComplete: true,
    linewrap: false,
    stream
  })
  bar.start(1, 0)
  const stop = (): void => {
    bar.stop()
    onEnd()
  }
  return {
    stop,
    say: (line) => {
      // stopping puts the cursor back to where the bar began
      bar.stop()
      stream.write(`${line}\n`)
      bar.start(1, pass.done / pass.total)
    },
    update: (done, total) => {
      pass = advance(pass, done, total, seconds())
      bar.update(pass.done / pass.total)
    },
    finish: (note = '') => {
      stop()
      stream.write(`${endLine(name, seconds() - begun, note, columns())}\n`)
    }
  }
}

const logStage = (stream: NodeJS.WriteStream, name: string): Stage => {
  const begun = seconds()
  return {
    update: () => {},
    finish: (note = '') => void stream.write(`${endLine(name, seconds() - begun, note, Infinity)}\n`)
  }
}

/** Writes to stderr, so that stdout holds results alone. */
export const reporterFor = (stream: NodeJS.WriteStream): OpenReporter => {
  let current: TerminalStage | undefined
  return {
    stage: (name) => {
      if (!stream.isTTY) return logStage(stream, name)
      current = terminalStage(stream, name, () => (current = undefined))
      return current
    },
    say: (line) => {
      if (current) current.say(line)
      else stream.write(`${line}\n`)
    },
    close: () => current?.stop()
  }
}
