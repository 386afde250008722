/**
 * Finds the line of the user's program in a stack trace: the innermost frame outside of this compiler, of TensorFlow.js and
 * of other packages. In a bundle all of them may be one file; then the names of functions tell them apart.
 */

interface Frame {
  readonly name: string
  readonly file: string
  /** `file:line:column` */
  readonly at: string
}

const V8_FRAME = /^\s*at (?:async )?(?:(.*?) \()?(.+?):(\d+):(\d+)\)?$/
const OTHER_FRAME = /^(.*?)@(.+?):(\d+):(\d+)$/ // Firefox and Safari

/** A path or a URL without what a development server appends to it. */
const fileOf = (place: string): string =>
  place.replace(/^file:\/\//, '').replace(/^(\w[\w+.-]+:\/\/[^?#]*)[?#].*$/, '$1')

const frameOf = (text: string): readonly Frame[] => {
  const [, name = '', place, line, column] = V8_FRAME.exec(text) ?? OTHER_FRAME.exec(text) ?? []
  if (place === undefined || place.startsWith('node:')) return []
  const file = fileOf(place)
  return [{ name, file, at: `${file}:${line}:${column}` }]
}

/** Innermost first, this function's own included. */
const framesOf = (stack: string): readonly Frame[] => stack.split('\n').flatMap(frameOf)

/** Up to where this compiler's files reach, from the path of this very file: its source, its `dist`, a server's cache of it. */
const OWN_FOLDER =
  /^.*?(?:[/\\]src[/\\](?=trace[/\\]user-line\.)|[/\\]compiler(?:@[^/\\]+)?[/\\]dist[/\\]|[/\\]@bdl_compiler)/

const TENSORFLOW = /@tensorflow[/\\_]|tfjs-(?:core|backend)/
const PACKAGES = /[/\\]node_modules[/\\]|@tensorflow[/\\]|tfjs-(?:core|backend)/

/** Where TensorFlow.js is entered, by names that minifiers keep: ops carry one, and so do methods that read a value. */
const ENTRANCE = /__op$|\.(?:dataSync|data|arraySync|array|bufferSync|buffer|bytesSync|bytes|print)(?: \[as \w+\])?$/

const TRACED = 'bdlTraced'

/** Calls a function on behalf of a trace, by a name that shows in stack traces: below it is the user's. */
export const callTraced = Object.defineProperty(
  <A extends readonly unknown[], R>(f: (...args: A) => R, args: A): R => f(...args),
  'name',
  { value: TRACED }
)

/** What entered TensorFlow.js last, within the function that is being traced; -1 if nothing did. */
const entranceOf = (frames: readonly Frame[]): number => {
  const end = frames.findIndex(({ name }) => name === TRACED)
  return frames
    .slice(0, Math.max(end, 0))
    .map(({ name }) => ENTRANCE.test(name))
    .lastIndexOf(true)
}

/** The file of this very function. */
const ownFile = (): string => framesOf(new Error().stack ?? '')[0]?.file ?? ''

/** Whether frames can be told apart by their files: not in a bundle, where this compiler is in the user's file. */
const ownFolder = (own: string): string | undefined =>
  OWN_FOLDER.exec(own)?.[0] ?? (PACKAGES.test(own) ? own : undefined)

const userFrame = (frames: readonly Frame[]): Frame | undefined => {
  const folder = ownFolder(ownFile())
  if (folder === undefined) {
    const entrance = entranceOf(frames)
    return entrance === -1 ? undefined : frames[entrance + 1]
  }
  const others = frames.filter(({ file }) => !file.startsWith(folder))
  return others.find(({ file }) => !PACKAGES.test(file)) ?? others.find(({ file }) => !TENSORFLOW.test(file))
}

const STACK_LIMIT = 100 // TensorFlow.js and this compiler take more than the usual ten frames

/** Runs `body`; errors made meanwhile have stack traces that reach the user's code. */
export const withLongStacks = <A>(body: () => A): A => {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = STACK_LIMIT
  try {
    return body()
  } finally {
    Error.stackTraceLimit = limit
  }
}

/** `file:line:column` of the user's innermost frame, if the JavaScript engine gives stack traces that tell. */
export const userLine = (): string | undefined => userFrame(framesOf(withLongStacks(() => new Error().stack) ?? ''))?.at

/** `{ at }` for an error, when the user's line is known. */
export const whereabouts = (): { readonly at?: string } => {
  const at = userLine()
  return at === undefined ? {} : { at }
}

export interface Origin {
  /** The user's line. */
  readonly at?: string
  /** The TensorFlow.js op that the user called. */
  readonly op?: string
  /** Whether an op threw it, rather than the user's code or a package of theirs. */
  readonly isOurs: boolean
}

/** Where an error comes from that somebody threw while a function was traced. */
export const originOf = (error: Error): Origin => {
  const frames = framesOf(error.stack ?? '')
  const [user, entrance] = [userFrame(frames), entranceOf(frames)]
  const folder = ownFolder(ownFile())
  const [{ file = '' } = {}] = frames
  const op = frames[entrance]?.name.replace(/^.*\.|__op$|\s.*$/g, '')
  return {
    ...(user !== undefined && { at: user.at }),
    ...(op !== undefined && { op }),
    isOurs:
      entrance === -1
        ? TENSORFLOW.test(file)
        : folder === undefined || user === undefined || frames.indexOf(user) > entrance
  }
}
