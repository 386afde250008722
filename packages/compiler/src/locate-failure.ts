/**
 * The user's line for a node that an engine could not run. Compiled graphs carry no lines, since stack traces take time;
 * when a run has failed there is time: the function is traced once more, with lines, and the node at the same place is it.
 */
import { BdlError, isBdlError } from './errors.js'
import { placeOfFailure } from './engines/onnx-failure.js'
import { allNodes, type Graph } from './graph/graph.js'
import { recordingSources } from './trace/sources.js'

/** @param retrace makes the graph again that was compiled */
export const locateFailure = (error: unknown, retrace: () => Graph): unknown => {
  const place = placeOfFailure(error)
  if (!isBdlError(error) || error.at !== undefined || place === undefined) return error
  try {
    const [before, again] = [allNodes(place.graph), allNodes(recordingSources(retrace))]
    const isSame =
      before.map(({ primitive }) => primitive.name).join() === again.map(({ primitive }) => primitive.name).join()
    const at = again[place.index]?.source?.at
    if (!isSame || at === undefined) return error
    const { code, fn, argument, expected, got } = error
    return new BdlError({ code, fn, argument, expected, got, at, cause: error })
  } catch {
    return error // the function no longer traces: a tensor that it closes over is gone, for instance
  }
}
