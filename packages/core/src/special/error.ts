// Pieces of the error function that other special functions are made of; the function itself, its complement and its inverse
// are primitives of the compiler.
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
