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

/** In one file for everything: what entered TensorFlow.js last, within the function that is being traced. */
const lineInBundle = (frames: readonly Frame[]): Frame | undefined => {
  const end = frames.findIndex(({ name }) => name === TRACED)
  if (end === -1) return undefined
  const traced = frames.slice(0, end)
  const entrance = traced.map(({ name }) => ENTRANCE.test(name)).lastIndexOf(true)
  return traced[entrance + 1] ?? traced.at(-1)
}

const lineOf = (frames: readonly Frame[]): Frame | undefined => {
  const own = frames[0]?.file ?? ''
  const folder = OWN_FOLDER.exec(own)?.[0]
  if (folder === undefined && !PACKAGES.test(own)) return lineInBundle(frames)
  const isOwn = ({ file }: Frame): boolean => file === own || (folder !== undefined && file.startsWith(folder))
  const others = frames.filter((frame) => !isOwn(frame))
  return others.find(({ file }) => !PACKAGES.test(file)) ?? others.find(({ file }) => !/tfjs|@tensorflow/.test(file))
}

/** `file:line:column` of the user's innermost frame, if the JavaScript engine gives stack traces that tell. */
export const userLine = (): string | undefined => {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 100 // TensorFlow.js and this compiler take more than the usual ten frames
  const stack = new Error().stack ?? ''
  Error.stackTraceLimit = limit
  return lineOf(framesOf(stack))?.at
}

/** `{ at }` for an error, when the user's line is known. */
export const whereabouts = (): { readonly at?: string } => {
  const at = userLine()
  return at === undefined ? {} : { at }
}
