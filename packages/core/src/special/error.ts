// Pieces of the error function that other special functions and random numbers are made of; the function itself, its
// complement and its inverse are primitives of the compiler.
import * as tf from '@tensorflow/tfjs-core'
import { polynomial } from './elementwise.js'

// Cephes (Moshier), single precision: erf on |x| < 1 in x^2; exp(x^2) x erfc(x) on [1, 2) and [2, inf) in 1/x^2.
const ERF_SMALL = [
  7.853861353153693e-5, -8.010193625184903e-4, 5.188327685732524e-3, -2.685381193529856e-2, 1.128358514861418e-1,
  -3.7612625824233e-1, 1.12837916572671
] as const
const ERFC_MIDDLE = [
  2.326819970068386e-2, -1.387039388740657e-1, 3.687424674597105e-1, -5.824733027278666e-1, 6.210004621745983e-1,
  -4.944515323274145e-1, 3.404879937665872e-1, -2.741127028184656e-1, 5.638259427386472e-1
] as const
const ERFC_FAR = [
  -1.047766399936249e1, 1.297719955372516e1, -7.495518717768503, 2.921019019210786, -1.0152652792027,
  4.218463358204948e-1, -2.820767439740514e-1, 5.641895067754075e-1
] as const

/** exp(x^2) erfc(x) for x >= 1; junk, but a number or an infinity, below. */
export const scaledErfcTail = (x: tf.Tensor): tf.Tensor => {
  const q = tf.reciprocal(x)
  const y = tf.square(q)
  return tf.mul(q, tf.where(tf.less(x, 2), polynomial(y, ERFC_MIDDLE), polynomial(y, ERFC_FAR)))
}

/** erf for |x| < 1. */
export const erfSmall = (x: tf.Tensor): tf.Tensor => tf.mul(x, polynomial(tf.square(x), ERF_SMALL))

// Giles' two polynomials in w = -log(1 - x^2): around w = 2.5, and around sqrt(w) = 3.
const GILES_CENTRE = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
  0.246640727, 1.50140941
] as const
const GILES_TAIL = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
  1.00167406, 2.83297682
] as const

/** Giles' inverse given w = -log(1 - x^2). */
const giles = (x: tf.Tensor, w: tf.Tensor): tf.Tensor => {
  const centre = polynomial(tf.sub(w, 2.5), GILES_CENTRE)
  const far = polynomial(tf.sub(tf.sqrt(w), 3), GILES_TAIL)
  const inside = tf.mul(x, tf.where(tf.less(w, 5), centre, far))
  return tf.where(tf.equal(tf.abs(x), 1), tf.mul(x, Infinity), inside)
}

/**
 * erfinv as XLA rounds it, w = -log1p(-fl(y^2)): up to 1e-5 less accurate in the tails than `erfinv`, and what random
 * numbers equal to JAX's are made with. Not differentiable at y = 0.
 */
export const erfinvXla = (y: tf.Tensor): tf.Tensor => giles(y, tf.neg(tf.log1p(tf.neg(tf.square(y)))))
