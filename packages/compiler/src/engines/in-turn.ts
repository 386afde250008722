/** Tasks that must not overlap. */

/** Runs tasks one after the other in the order of their coming, whatever becomes of those before. */
export const inTurn = (): (<A>(task: () => Promise<A>) => Promise<A>) => {
  let last: Promise<unknown> = Promise.resolve()
  return (task) => {
    const next = last.then(task)
    last = next.catch(() => undefined)
    return next
  }
}
