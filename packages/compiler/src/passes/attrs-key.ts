/** A text that is equal exactly for equal attributes, for finding equal nodes. */
import type { Attrs, NdArray } from '../graph/graph.js'

/** Constants beyond this size are compared by identity: comparing their text would cost more than a copy. */
const MAX_COMPARED = 1024

let lastIdentity = 0
const identities = new WeakMap<object, string>()
const identityOf = (value: object): string => {
  const known = identities.get(value)
  if (known !== undefined) return known
  const fresh = `#${++lastIdentity}`
  identities.set(value, fresh)
  return fresh
}

const isPlain = (value: object): value is Readonly<Record<string, unknown>> => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const isView = (value: object): value is NdArray['data'] => ArrayBuffer.isView(value) && !(value instanceof DataView)

const isGraph = (value: object): boolean => 'nodes' in value && 'inputs' in value && 'outputs' in value

const textOf = (value: unknown): string => {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value === 'function') return identityOf(value)
  if (typeof value !== 'object' || value === null) return `${typeof value}:${String(value)}`
  if (isView(value))
    return value.length > MAX_COMPARED
      ? identityOf(value)
      : `${value.constructor.name}(${Array.from(value, textOf).join()})`
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`
  if (isGraph(value) || !isPlain(value)) return identityOf(value)
  return attrsKey(value)
}

export const attrsKey = (attrs: Attrs): string =>
  `{${Object.keys(attrs)
    .sort()
    .map((key) => `${key}=${textOf(attrs[key])}`)
    .join(';')}}`
