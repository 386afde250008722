/** Numbers of a report as JSON. */

/** Infinities and NaN have no JSON, and stand for what a run could not tell: null. */
const readable = (_: string, value: unknown): unknown => {
  if (value instanceof Float64Array) return Array.from(value)
  return typeof value === 'number' && !Number.isFinite(value) ? null : value
}

export const jsonText = (document: object): string => `${JSON.stringify(document, readable, 2)}\n`
