// The problems of the golden file, as fields of a state vector and a record of parameters.
import * as tf from '@tensorflow/tfjs-core'

export type Params = { readonly [name: string]: tf.Tensor }
export type Field = (t: tf.Tensor, z: tf.Tensor, p: Params) => tf.Tensor

const parts = (z: tf.Tensor): readonly tf.Tensor[] => tf.unstack(z)

const exponentialDecay: Field = (_t, z, p) => tf.neg(tf.mul(p['lambda']!, z))

const harmonicOscillator: Field = (_t, z, { omega, gamma }) => {
  const [x, v] = parts(z)
  return tf.stack([v!, tf.neg(tf.add(tf.mul(tf.square(omega!), x!), tf.mul(gamma!, v!)))])
}

const lotkaVolterra: Field = (_t, z, { a, b, c, d }) => {
  const [x, y] = parts(z)
  const meeting = tf.mul(x!, y!)
  return tf.stack([tf.sub(tf.mul(a!, x!), tf.mul(b!, meeting)), tf.sub(tf.mul(c!, meeting), tf.mul(d!, y!))])
}

const vanDerPol: Field = (_t, z, { mu }) => {
  const [x, y] = parts(z)
  return tf.stack([y!, tf.sub(tf.mul(tf.mul(mu!, tf.sub(1, tf.square(x!))), y!), x!)])
}

const lorenz: Field = (_t, u, { sigma, rho, beta }) => {
  const [x, y, z] = parts(u)
  return tf.stack([
    tf.mul(sigma!, tf.sub(y!, x!)),
    tf.sub(tf.mul(x!, tf.sub(rho!, z!)), y!),
    tf.sub(tf.mul(x!, y!), tf.mul(beta!, z!))
  ])
}

const brusselator: Field = (_t, z, { A, B }) => {
  const [x, y] = parts(z)
  const cubic = tf.mul(tf.square(x!), y!)
  return tf.stack([tf.sub(tf.add(A!, cubic), tf.mul(tf.add(B!, 1), x!)), tf.sub(tf.mul(B!, x!), cubic)])
}

const forcedDecay: Field = (t, z, { lambda, omega }) => tf.neg(tf.mul(lambda!, tf.sub(z, tf.cos(tf.mul(omega!, t)))))

const column = (z: tf.Tensor): tf.Tensor => tf.reshape(z, [z.size, 1])

const tanhMLP: Field = (_t, z, { W1, b1, W2, b2 }) => {
  const hidden = tf.tanh(tf.add(tf.matMul(W1!, column(z)), column(b1!)))
  return tf.reshape(tf.add(tf.matMul(W2!, hidden), column(b2!)), z.shape)
}

export const problems: Readonly<Record<string, Field>> = {
  exponentialDecay,
  harmonicOscillator,
  lotkaVolterra,
  vanDerPol,
  lorenz,
  brusselator,
  forcedDecay,
  tanhMLP
}
