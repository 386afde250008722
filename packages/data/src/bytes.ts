// Bytes from a path or an address, in Node and in the browser. What goes wrong is one line that names the source.
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'

/** Where bytes come from: a path (Node), or a URL (`file:` in Node, anything that `fetch` takes elsewhere). */
export type Source = string | URL

const sourceName = (source: Source): string =>
  typeof source === 'string' ? source : source.protocol === 'file:' ? decodeURIComponent(source.pathname) : source.href

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'is a folder, not a file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'a part of the path is not a folder'
}

const message = (error: unknown): string => {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  return reasons[code] ?? (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? 'cannot be read'
}

const isRemote = (source: Source): boolean =>
  typeof source === 'string' ? /^(https?|blob|data):/.test(source) : source.protocol !== 'file:'

const fetchBytes = async (source: Source): Promise<Uint8Array> => {
  const response = await fetch(source)
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`.trim())
  return new Uint8Array(await response.arrayBuffer())
}

// Loaded on use: a browser never takes this branch.
const readFromDisk = async (source: Source): Promise<Uint8Array> =>
  new Uint8Array(await (await import('node:fs/promises')).readFile(source))

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

const gunzip = async (bytes: Uint8Array): Promise<Uint8Array> => {
  const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new DecompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

/** Inflates gzip data, known by its first two bytes; other bytes pass unchanged. Left: `NAME: damaged gzip data`. */
export const inflate =
  (name: string) =>
  (bytes: Uint8Array): TE.TaskEither<string, Uint8Array> =>
    isGzip(bytes)
      ? TE.tryCatch(
          () => gunzip(bytes),
          () => `${name}: damaged gzip data`
        )
      : TE.right(bytes)

/**
 * Reads a file or an address whole, inflating it if it is gzip.
 *
 * Left: one line that begins with the source: missing, a folder, not readable, damaged, or empty.
 */
export const readBytes = (source: Source): TE.TaskEither<string, Uint8Array> => {
  const name = sourceName(source)
  return pipe(
    TE.tryCatch(
      () => (isRemote(source) ? fetchBytes(source) : readFromDisk(source)),
      (error) => `${name}: ${message(error)}`
    ),
    TE.chain(inflate(name)),
    TE.filterOrElse(
      (bytes) => bytes.length > 0,
      () => `${name}: the file is empty`
    )
  )
}

/** Decodes UTF-8 strictly. Left: `NAME: not UTF-8 text`. */
export const decodeText =
  (name: string) =>
  (bytes: Uint8Array): E.Either<string, string> =>
    E.tryCatch(
      () => new TextDecoder('utf-8', { fatal: true }).decode(bytes),
      () => `${name}: not UTF-8 text`
    )

/** Reads `source` and hands its bytes and its name to `parse`. */
export const load =
  <A>(parse: (name: string) => (bytes: Uint8Array) => E.Either<string, A>) =>
  (source: Source): TE.TaskEither<string, A> =>
    pipe(readBytes(source), TE.chainEitherK(parse(sourceName(source))))
