/** Encodes expressions: a tree onto the stack, and what is used more than once into locals. */
import { argumentsOf, type Apply, type Expr, type LaneFunction, type Load, type Patch } from './lanes.js'
import { V128, op, simd } from './opcodes.js'
import type { SharedFunction, Site } from './program.js'

export interface Evaluator {
  /** Leaves the value on the stack. */
  readonly push: (e: Expr) => void
  /** Evaluates now, into a local. */
  readonly keep: (e: Expr) => number
  /** Says that a local has the value. */
  readonly define: (e: Expr, local: number) => void
  readonly find: (e: Expr) => number | undefined
}

/** How often each expression is used by the roots and by each other. */
export const countUses = (roots: readonly Expr[]): ReadonlyMap<Expr, number> => {
  const uses = new Map<Expr, number>()
  const visit = (e: Expr): void => {
    const count = uses.get(e) ?? 0
    uses.set(e, count + 1)
    if (count === 0) argumentsOf(e).forEach(visit)
  }
  roots.forEach(visit)
  return uses
}

const pushApply = ({ code, isFused }: Site, { opcode, args, immediates }: Apply, push: (e: Expr) => void): void => {
  if (opcode === simd.f32x4RelaxedMadd && !isFused) {
    args.slice(0, 2).forEach(push)
    code.simd(simd.f32x4Mul)
    push(args[2]!)
    return code.simd(simd.f32x4Add)
  }
  args.forEach(push)
  if (opcode === simd.shuffle) return code.shuffle(immediates)
  immediates.forEach(code.i32)
  code.simd(opcode)
}

/** Lane by lane through the host, if any lane asks for it. */
const pushPatch = (site: Site, { host, where, args, value }: Patch, keep: (e: Expr) => number): void => {
  const { code } = site
  const [usual, mask, ...xs] = [value, where, ...args].map(keep) as [number, number, ...number[]]
  code.get(mask)
  code.simd(simd.anyTrue)
  code.branch(
    () => {
      code.get(usual)
      for (let lane = 0; lane < 4; lane++) {
        for (const x of xs) {
          code.get(x)
          code.simd(simd.f32x4ExtractLane, lane)
          code.op(op.f64PromoteF32)
        }
        code.call(site.host(host))
        code.op(op.f32DemoteF64)
        code.simd(simd.f32x4ReplaceLane, lane)
      }
      code.get(usual)
      code.get(mask)
      code.simd(simd.bitselect)
    },
    () => code.get(usual),
    V128
  )
}

const functionFor = (fn: LaneFunction): SharedFunction => {
  const arity = fn.body.length - 1
  return {
    name: fn.name,
    parameters: Array.from({ length: arity }, () => V128),
    results: [V128],
    emit: (site) => {
      const parameters = Array.from({ length: arity }, (_, i) => site.lanes.parameter(i))
      const root = site.lanes.expand(fn.body(site.lanes, ...parameters))
      evaluator(site, countUses([root]), () => undefined).push(root)
    }
  }
}

/**
 * @param pushLoad puts what a load gives on the stack
 * @param outer where values that do not change here were evaluated
 */
export const evaluator = (
  site: Site,
  uses: ReadonlyMap<Expr, number>,
  pushLoad: (load: Load) => void,
  outer?: Evaluator
): Evaluator => {
  const { code } = site
  const known = new Map<Expr, number>()
  const find = (e: Expr): number | undefined => known.get(e) ?? outer?.find(e)
  const pushNew = (e: Expr): void => {
    switch (e.kind) {
      case 'constant':
        return code.v128(e.words)
      case 'parameter':
        return code.get(e.index)
      case 'load':
        return pushLoad(e)
      case 'apply':
        return pushApply(site, e, push)
      case 'patch':
        return pushPatch(site, e, keep)
      case 'call':
        e.args.forEach(push)
        return code.call(site.shared(functionFor(e.fn)))
    }
  }
  const push = (e: Expr): void => {
    const local = find(e)
    if (local !== undefined) return code.get(local)
    pushNew(e)
    if ((uses.get(e) ?? 0) < 2 || e.kind === 'constant' || e.kind === 'parameter') return
    const kept = code.local(V128)
    known.set(e, kept)
    code.tee(kept)
  }
  const keep = (e: Expr): number => {
    const local = find(e)
    if (local !== undefined) return local
    pushNew(e)
    const kept = code.local(V128)
    known.set(e, kept)
    code.set(kept)
    return kept
  }
  return { push, keep, find, define: (e, local) => void known.set(e, local) }
}
