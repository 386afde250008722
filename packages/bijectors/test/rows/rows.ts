import { autoregressive } from './autoregressive'
import { combinators } from './combinators'
import { couplings } from './coupling'
import { elementwise } from './elementwise'
import { image } from './image'
import { linear } from './linear'
import { matrices } from './matrices'
import { monotone } from './monotone'
import { normalisation } from './normalisation'
import { planars } from './planar'
import type { Rows } from './row'
import { simplex } from './simplex'
import { vectors } from './vectors'

const rooms: readonly Rows[] = [
  elementwise,
  vectors,
  simplex,
  linear,
  matrices,
  combinators,
  couplings,
  monotone,
  autoregressive,
  planars,
  image,
  normalisation
]

const merged = <A>(tables: readonly Readonly<Record<string, A>>[]): Readonly<Record<string, A>> =>
  Object.fromEntries(tables.flatMap((table) => Object.entries(table)))

export const golden = merged(rooms.map((room) => room.golden))
export const laws = merged(rooms.map((room) => room.laws))
export const learnables = merged(rooms.map((room) => room.learnables ?? {}))
