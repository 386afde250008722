// Coupling of arrays by a mask of their shape: checkerboards, and whatever cannot be taken apart along one axis.
import * as tf from '@tensorflow/tfjs-core'
import { BdlError, expectInteger, sizeOfShape } from '@bdl/core'
import { bijector, sumLast, type Bijector, type WithLogDet } from '../bijector.js'

/** Booleans nested as deep as an event has axes. */
export type Mask = readonly boolean[] | readonly Mask[]

export interface MaskedCouplingOptions {
  /** True where entries pass unchanged, of the shape of an event (or of one that broadcasts against it). */
  readonly mask: Mask
  /** Of the array [...E] with 0 where entries change: an elementwise bijector of arrays of that shape, defined at 0. */
  readonly conditioner: (masked: tf.Tensor) => Bijector
}

const shapeOfMask = (mask: Mask): readonly number[] => {
  const [first] = mask
  return Array.isArray(first) ? [mask.length, ...shapeOfMask(first as Mask)] : [mask.length]
}

const entriesOf = (mask: Mask): readonly boolean[] =>
  mask.flatMap((child: boolean | Mask) => (typeof child === 'boolean' ? [child] : entriesOf(child)))

/**
 * y = x where the mask is true and g(x) elsewhere, g = conditioner(x where the mask is true, else 0).
 *
 * Costs what g costs on all of x: where the parts lie along one axis, `coupling` does less.
 *
 * @error InvalidArgument if the mask has one value only or its rows differ in length, or if the conditioner's bijector is
 *   not elementwise
 * @source Dinh, Sohl-Dickstein & Bengio (2017), Real NVP, arXiv:1605.08803, section 3.4
 * @example maskedCoupling({ mask: checkerboard(2, 2), conditioner: (x) => affineTransformer().build(network(x)) })
 */
export const maskedCoupling = ({ mask, conditioner }: MaskedCouplingOptions): Bijector => {
  const [shape, entries] = [shapeOfMask(mask), entriesOf(mask)]
  const wrong = (expected: string, got: string, argument = 'mask'): BdlError =>
    new BdlError({ code: 'InvalidArgument', fn: 'maskedCoupling', argument, expected, got })
  if (entries.length !== sizeOfShape(shape)) throw wrong('rows of one length', `${entries.length} entries`)
  if (entries.every((isKept) => isKept === entries[0])) throw wrong('true and false entries', `${entries[0]} alone`)
  const apply = (x: tf.Tensor, toward: 'forwardAndLogDet' | 'inverseAndLogDet'): WithLogDet => {
    const isKept = tf.tensor(entries.map(Number), [...shape], 'bool')
    const zeros = tf.zerosLike(x)
    const inner = conditioner(tf.where(isKept, x, zeros))
    if (inner.forwardEventNdims + inner.inverseEventNdims !== 0)
      throw wrong('an elementwise bijector', inner.name, 'conditioner')
    const [changed, logDet] = inner[toward](tf.where(isKept, zeros, x))
    return [tf.where(isKept, x, changed), sumLast(tf.where(isKept, zeros, logDet), shape.length)]
  }
  return bijector({
    name: 'maskedCoupling',
    eventNdims: shape.length,
    forwardAndLogDet: (x) => apply(x, 'forwardAndLogDet'),
    inverseAndLogDet: (y) => apply(y, 'inverseAndLogDet')
  })
}

/**
 * The mask [height, width, 1] that is true where row + column is even, or odd with `isOdd`: neighbours decide about each
 * other, whatever the channels.
 *
 * @error InvalidArgument if a side is not a positive integer
 */
export const checkerboard = (height: number, width: number, isOdd = false): Mask => {
  expectInteger('checkerboard', { height, width }, 1)
  return Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (_u, column) => [((row + column) % 2 === 1) === isOdd])
  )
}
