// Log-determinants of the Jacobian that differentiation gives, event by event.
import * as tf from '@tensorflow/tfjs-core'
import { slogdet, vjp, vmap } from '@bdl/compiler'
import { sizeOfShape, toHostSync } from '@bdl/core'
import type { Bijector } from '../bijector.js'
import { everyEntry, type Chart } from './chart.js'

export interface Charts {
  /** Coordinates of what goes in; default every entry. */
  readonly domain?: Chart
  /** Coordinates of what comes out; default every entry. */
  readonly image?: Chart
}

/** The map of one member in coordinates, [k, n] -> [k, n] for its k events, and where it starts. */
export interface InCoordinates {
  readonly f: (coordinates: tf.Tensor) => tf.Tensor
  /** [batch, k, n] */
  readonly at: tf.Tensor
  /** Batch axes of x, which the log-dets have. */
  readonly batch: readonly number[]
}

export const inCoordinates = (b: Bijector, x: tf.Tensor, charts: Charts): InCoordinates => {
  const rank = x.rank - b.forwardEventNdims
  const [batch, event] = [x.shape.slice(0, rank), x.shape.slice(rank)]
  const image = [...b.forwardEventShape(event)]
  const [domain, range] = [charts.domain ?? everyEntry(event), charts.image ?? everyEntry(image)]
  const member = batch.slice(1)
  const k = sizeOfShape(member)
  const f = (coordinates: tf.Tensor): tf.Tensor => {
    const points = tf.reshape(domain.point(coordinates), [...member, ...event])
    return range.coordinates(tf.reshape(b.forward(points), [k, ...image]))
  }
  const all = domain.coordinates(tf.reshape(x, [sizeOfShape(batch), ...event]))
  return { f, at: tf.reshape(all, [batch[0] ?? 1, k, all.shape[1] ?? 0]), batch }
}

/** [k, n] -> the Jacobian [k, n, k, n]. */
const jacobianOf = (f: InCoordinates['f'], v: tf.Tensor): tf.Tensor => {
  const [y, pull] = vjp(f, v)
  if (y.shape.join() !== v.shape.join())
    throw new Error(`coordinates: ${v.shape[1] ?? 0} go in, ${y.shape[1] ?? 0} come out: name the charts of events`)
  const seeds = tf.reshape(tf.eye(v.size), [v.size, ...v.shape])
  return tf.reshape(vmap(pull)(seeds), [...v.shape, ...v.shape])
}

const expectEventsApart = (jacobians: tf.Tensor): void => {
  const [, k, n] = jacobians.shape as [number, number, number]
  const apart = tf.reshape(tf.sub(1, tf.eye(k)), [1, k, 1, k, 1])
  const { data } = toHostSync(tf.where(tf.equal(apart, 1), jacobians, tf.zerosLike(jacobians)))
  const at = data.findIndex((v) => v !== 0)
  if (at >= 0) throw new Error(`Jacobian: one event depends on another (entry ${at % (k * n * k * n)} is ${data[at]})`)
}

/** log|det| of each event's block of the Jacobian of one member, [k]; differentiable. */
export const memberLogDets = ({ f }: InCoordinates, v: tf.Tensor): tf.Tensor => {
  const [k, n] = v.shape as [number, number]
  const own = tf.mul(jacobianOf(f, v), tf.reshape(tf.eye(k), [k, 1, k, 1]))
  return slogdet(tf.reshape(tf.sum(own, 2), [k, n, n])).logAbsDet
}

/** Of every event of every member, [...B]; throws if one event depends on another. */
export const jacobianLogDets = (map: InCoordinates): tf.Tensor => {
  expectEventsApart(vmap((v: tf.Tensor) => jacobianOf(map.f, v))(map.at))
  return tf.reshape(vmap((v: tf.Tensor) => memberLogDets(map, v))(map.at), [...map.batch])
}
