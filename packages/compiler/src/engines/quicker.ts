/**
 * Of two executables of one graph, the quicker. Which one that is depends on what else the machine does, so it is found out
 * by running both in turns, and again from time to time: ever less often while the answer stays, at once when runs become slow.
 * Both must give the same results.
 */
import type { Executable } from './engine.js'

/** The second is made once runs have taken so many times as long as making the first did. */
const PATIENCE = 2
/** Runs of each in a trial; their medians are compared. */
const TRIAL_RUNS = 7
/** The second must be better by so much: a draw goes to the first. */
const ADVANTAGE = 0.95
/** A second that is so many times slower in its first runs is not tried further. */
const [FIRST_RUNS, HOPELESS] = [2, 1.25]
/** One that was better in every run of so many of each is as good as chosen (by chance: once in 20 trials). */
const CLEAR_RUNS = 3
/** How long a verdict holds, in lengths of its trial: at first, and at most after it was repeated. */
const [FIRST_TERM, LONGEST_TERM] = [20, 320]
/** A verdict is in doubt when so many runs in a row take so many times as long as in the trial; then its term is this one. */
const [SLOW_RUNS, SLOW, TERM_IN_DOUBT] = [3, 1.5, 1]

type Choice = 0 | 1

interface State {
  phase: 'alone' | 'waiting' | 'trial' | 'settled'
  second: Executable | undefined
  chosen: Choice
  /** Milliseconds of runs in this phase. */
  spent: number
  times: readonly [number[], number[]]
  trial: { readonly ms: number; readonly typical: number }
  term: number
  slowRuns: number
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!

const startTrial = (state: State): void => void Object.assign(state, { phase: 'trial', times: [[], []], spent: 0 })

const settle = (state: State): void => {
  const [first, second] = state.times.map(median) as [number, number]
  const chosen: Choice = second < ADVANTAGE * first ? 1 : 0
  const term = chosen === state.chosen ? Math.min(2 * state.term, LONGEST_TERM) : FIRST_TERM
  const trial = { ms: state.spent, typical: chosen === 1 ? second : first }
  Object.assign(state, { phase: 'settled', chosen, term, trial, spent: 0, slowRuns: 0 })
}

/** Whether the trial has its answer. */
const isDecided = ({ times }: State): boolean => {
  const runs = Math.min(...times.map(({ length }) => length))
  const [first, second] = times
  return (
    runs >= TRIAL_RUNS ||
    (runs >= FIRST_RUNS && Math.min(...second) > HOPELESS * median(first)) ||
    (runs >= CLEAR_RUNS && Math.max(...second) < ADVANTAGE * Math.min(...first))
  )
}

const nextOf = ({ phase, second, chosen, times }: State): Choice => {
  if (second === undefined) return 0
  return phase === 'trial' ? (times[0].length <= times[1].length ? 0 : 1) : chosen
}

/** Takes note of a run that nothing overlapped. */
const note = (state: State, choice: Choice, ms: number): void => {
  state.spent += ms
  if (state.phase === 'trial') {
    state.times[choice].push(ms)
    if (isDecided(state)) settle(state)
  } else if (state.phase === 'settled') {
    const { trial } = state
    state.slowRuns = ms > SLOW * trial.typical ? state.slowRuns + 1 : 0
    const term = state.slowRuns >= SLOW_RUNS ? TERM_IN_DOUBT : state.term
    if (state.spent > term * trial.ms) startTrial(state)
  }
}

/**
 * @param makeSecond called at most once, when runs have taken a while; if it fails, the first stays alone
 * @param clock milliseconds
 */
export const quicker = (
  first: Executable,
  makeSecond: () => Promise<Executable>,
  clock: () => number = () => performance.now()
): Executable => {
  const state: State = {
    phase: 'alone',
    second: undefined,
    chosen: 0,
    spent: 0,
    times: [[], []],
    trial: { ms: 0, typical: 0 },
    term: FIRST_TERM,
    slowRuns: 0
  }
  let [started, running] = [0, 0]
  let making: Promise<void> = Promise.resolve()
  const make = async (): Promise<void> => {
    state.phase = 'waiting'
    try {
      state.second = await makeSecond()
      startTrial(state)
    } catch {
      // the first is as good as it was
    }
  }
  const noteAlone = (choice: Choice, ms: number): void => {
    note(state, choice, ms)
    if (state.phase === 'alone' && state.spent > PATIENCE * first.report.sessionMs) making = make()
  }
  return {
    report: first.report,
    run: async (inputs, spare) => {
      const choice = nextOf(state)
      const [order, isAlone, start] = [++started, running++ === 0, clock()]
      try {
        return await (choice === 1 && state.second !== undefined ? state.second : first).run(inputs, spare)
      } finally {
        running--
        if (isAlone && order === started) noteAlone(choice, clock() - start)
      }
    },
    dispose: async () => {
      await making
      await Promise.all([first.dispose(), state.second?.dispose()])
    }
  }
}
