/** Encodes expressions: a tree onto the stack, and what is used more than once into locals. */
import {
  argumentsOf,
  type Apply,
  type Expr,
  type HostFunction,
  type LaneFunction,
  type Load,
  type Patch
} from './lanes.js'
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

/** Every patch of an expression, once each, after those that it is made of. */
export const patchesOf = (root: Expr): readonly Patch[] => {
  const seen = new Set<Expr>()
  const patches: Patch[] = []
  const visit = (e: Expr): void => {
    if (seen.has(e)) return
    seen.add(e)
    argumentsOf(e).forEach(visit)
    if (e.kind === 'patch') patches.push(e)
  }
  visit(root)
  return patches
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

/** Lane by lane. */
const pushFromHost = (site: Site, host: HostFunction, start: number, args: readonly number[]): void => {
  const { code } = site
  code.get(start)
  for (let lane = 0; lane < 4; lane++) {
    for (const arg of args) {
      code.get(arg)
      code.simd(simd.f32x4ExtractLane, lane)
      code.op(op.f64PromoteF32)
    }
    code.call(site.host(host))
    code.op(op.f32DemoteF64)
    code.simd(simd.f32x4ReplaceLane, lane)
  }
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
 * Evaluates a patch for several vectors at a time, with one branch for all: between branches, chains that wait for their own
 * results fill each other's gaps.
 */
export const patchTogether = (site: Site, patch: Patch, evaluators: readonly Evaluator[]): void => {
  const { code } = site
  const { fn, where, args, value } = patch
  const vectors = evaluators.map((own) => ({
    usual: own.keep(value),
    mask: own.keep(where),
    xs: args.map(own.keep),
    patched: code.local(V128)
  }))
  vectors.forEach(({ usual, patched }) => {
    code.get(usual)
    code.set(patched)
  })
  vectors.forEach(({ mask }, k) => {
    code.get(mask)
    if (k > 0) code.simd(simd.or)
  })
  code.simd(simd.anyTrue)
  code.branch(() =>
    vectors.forEach(({ usual, mask, xs, patched }) => {
      if (typeof fn === 'string') pushFromHost(site, fn, usual, xs)
      else {
        xs.forEach(code.get)
        code.call(site.shared(functionFor(fn)))
      }
      code.get(usual)
      code.get(mask)
      code.simd(simd.bitselect)
      code.set(patched)
    })
  )
  evaluators.forEach((own, k) => own.define(patch, vectors[k]!.patched))
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
        patchTogether(site, e, [self])
        return code.get(find(e)!)
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
  const self: Evaluator = { push, keep, find, define: (e, local) => void known.set(e, local) }
  return self
}
