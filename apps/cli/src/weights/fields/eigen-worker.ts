/** The thread that finds eigenvectors: one matrix in, its eigenvectors out. */
import { parentPort, workerData } from 'node:worker_threads'
import { symmetricEigen } from './eigen.js'

const { vectors, values } = symmetricEigen(workerData as Float64Array)
parentPort?.postMessage({ vectors, values }, [vectors.buffer, values.buffer] as ArrayBuffer[])
