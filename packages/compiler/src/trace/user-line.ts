/** Finds the line of the user's function in a stack trace: the first frame outside this compiler and TensorFlow.js. */

const INTERNAL = [
  /@tensorflow[/\\]/,
  /[/\\]compiler[/\\](src|dist)[/\\]/,
  /@bdl[/\\]compiler/,
  /tfjs-(core|backend)/,
  /^node:/,
  /\(?node:internal/
]

const location = /\(?((?:file:\/\/|[A-Za-z]:[/\\]|\/|https?:\/\/)[^()]*:\d+:\d+)\)?$/

/** `file:line:column` of the innermost frame of user code, if the engine gives stack traces. */
export const userLine = (): string | undefined => {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 50 // TensorFlow.js and this compiler take more than the usual ten frames
  const frames = (new Error().stack ?? '').split('\n').slice(1)
  Error.stackTraceLimit = limit
  const frame = frames.find((line) => location.test(line.trim()) && !INTERNAL.some((pattern) => pattern.test(line)))
  const match = frame === undefined ? null : location.exec(frame.trim())
  return match?.[1]?.replace(/^file:\/\//, '')
}

/** `{ at }` for an error, when the user's line is known. */
export const whereabouts = (): { readonly at?: string } => {
  const at = userLine()
  return at === undefined ? {} : { at }
}
