/**
 * Audits inside of loops and branches. A loop is walked turn by turn, in float64 and on the engine side by side, and audited
 * where it goes wrong: at the turn whose results have lost a digit or more over what the turn was given, the most if there are
 * several; at the last turn if errors only grow little by little.
 */
import type { Engine } from '../engines/engine.js'
import { evaluateReference } from '../graph/evaluate.js'
import { sizeOf, type Graph, type NdArray, type Node } from '../graph/graph.js'
import { isNode } from '../passes/pass.js'
import type { CondAttrs } from '../primitives/branch.js'
import type { WhileAttrs } from '../primitives/while-loop.js'
import type { ScanAttrs } from '../primitives/scan.js'
import type { Both } from './audit-graph.js'
import { bodiesOf } from './labels.js'
import { compare } from './measure.js'
import { withExecutable } from './probes.js'

/** A body to audit, and what it was given. */
export interface BodyRun {
  readonly graph: Graph
  readonly inputs: readonly Both[]
  /** Which turn or branch, to be followed by the name of the node. */
  readonly where: string
}

type Step = (inputs: readonly Both[]) => Promise<readonly Both[]>

/** One graph on both sides. */
const withStep = <A>(engine: Engine, graph: Graph, use: (step: Step) => Promise<A>): Promise<A> =>
  withExecutable(engine, graph, (run) =>
    use(async (inputs) => {
      const exact = evaluateReference(
        graph,
        inputs.map((input) => input.exact)
      )
      const got = await run(inputs.map((input) => input.got))
      return exact.map((truth, i) => ({ exact: truth, got: got[i]! }))
    })
  )

const digitsLost = (values: readonly Both[]): number =>
  values.reduce((most, { exact, got }) => Math.max(most, compare(got, exact).digitsLost), 0)

interface Turn {
  readonly number: number
  readonly inputs: readonly Both[]
}

/** Digits that one turn must lose to be the one that is looked at. */
const JUMP = 1

const turnKeeper = (): {
  readonly offer: (inputs: readonly Both[], outputs: readonly Both[]) => void
  readonly picked: () => Turn | undefined
} => {
  let [number, jump] = [0, JUMP]
  let [worst, last]: (Turn | undefined)[] = []
  return {
    offer: (inputs, outputs) => {
      last = { number: ++number, inputs }
      const lost = digitsLost(outputs) - digitsLost(inputs)
      if (lost > jump || (worst === undefined && lost >= jump)) [worst, jump] = [last, lost]
    },
    picked: () => worst ?? last
  }
}

const row = (value: NdArray, i: number): NdArray => {
  const shape = value.shape.slice(1)
  const size = sizeOf(shape)
  return { shape, dtype: value.dtype, data: value.data.slice(i * size, (i + 1) * size) }
}

const rowOf = ({ exact, got }: Both, i: number): Both => ({ exact: row(exact, i), got: row(got, i) })

const scanRun = async (engine: Engine, attrs: ScanAttrs, inputs: readonly Both[]): Promise<readonly BodyRun[]> => {
  const { body, numConsts, numCarry, length, reverse } = attrs
  const [consts, xs] = [inputs.slice(0, numConsts), inputs.slice(numConsts + numCarry)]
  const turns = turnKeeper()
  await withStep(engine, body, async (step) => {
    let carry = inputs.slice(numConsts, numConsts + numCarry)
    for (let turn = 0; turn < length; turn++) {
      const i = reverse ? length - 1 - turn : turn
      const given = [...consts, ...carry, ...xs.map((x) => rowOf(x, i))]
      const results = await step(given)
      turns.offer(given, results)
      carry = results.slice(0, numCarry)
    }
  })
  const picked = turns.picked()
  return picked === undefined
    ? []
    : [{ graph: body, inputs: picked.inputs, where: `turn ${picked.number} of ${length}` }]
}

const holds = ({ data }: NdArray): boolean => data[0] !== 0

/** The loop may end earlier on one side than on the other: it is walked while both go on. */
const whileRun = async (engine: Engine, attrs: WhileAttrs, inputs: readonly Both[]): Promise<readonly BodyRun[]> => {
  const { cond, body, numCondConsts: a, numBodyConsts: b } = attrs
  const [condConsts, bodyConsts] = [inputs.slice(0, a), inputs.slice(a, a + b)]
  const keeper = turnKeeper()
  const walk = async (test: Step, step: Step): Promise<string> => {
    let carry: readonly Both[] = inputs.slice(a + b)
    for (let turns = 0; ; turns++) {
      const [goesOn] = await test([...condConsts, ...carry])
      const [truth, engineSays] = [holds(goesOn!.exact), holds(goesOn!.got)]
      if (!truth || !engineSays)
        return truth === engineSays ? `${turns}` : `${turns} (${truth ? 'float64 goes on' : 'the engine goes on'})`
      const given = [...bodyConsts, ...carry]
      carry = await step(given)
      keeper.offer(given, carry)
    }
  }
  const turns = await withStep(engine, cond, (test) => withStep(engine, body, (step) => walk(test, step)))
  const picked = keeper.picked()
  if (picked === undefined) return []
  const where = `turn ${picked.number} of ${turns}`
  return [
    { graph: cond, inputs: [...condConsts, ...picked.inputs.slice(b)], where },
    { graph: body, inputs: picked.inputs, where }
  ]
}

const branchRun = ({ onTrue, onFalse }: CondAttrs, [pred, ...operands]: readonly Both[]): readonly BodyRun[] => {
  const [truth, engineSays] = [holds(pred!.exact), holds(pred!.got)]
  const which = truth ? 'the branch taken' : 'the other branch taken'
  const where = truth === engineSays ? which : `${which} (by float64; the engine takes the other one)`
  return [{ graph: truth ? onTrue : onFalse, inputs: operands, where }]
}

/** What to audit inside of a node; nothing for one without bodies. */
export const bodyRuns = async (engine: Engine, node: Node, inputs: readonly Both[]): Promise<readonly BodyRun[]> => {
  if (isNode<ScanAttrs>(node, 'scan')) return scanRun(engine, node.attrs, inputs)
  if (isNode<WhileAttrs>(node, 'whileLoop')) return whileRun(engine, node.attrs, inputs)
  if (isNode<CondAttrs>(node, 'cond')) return branchRun(node.attrs, inputs)
  // A call: one body, of the same inputs.
  const [body, ...more] = bodiesOf(node)
  const isCall = body !== undefined && more.length === 0 && body.graph.inputs.length === node.inputs.length
  return isCall ? [{ graph: body.graph, inputs, where: 'the body' }] : []
}
