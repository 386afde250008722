// Gives every test file the plain TypeScript backend of TensorFlow.js, without its advice to install another one.
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'

tf.env().set('PROD', true)
