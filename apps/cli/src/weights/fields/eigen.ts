/** Eigenvectors of a symmetric matrix in float64, on a thread of their own where there is one: they take seconds. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { EigenvalueDecomposition, Matrix } from 'ml-matrix'

export interface Eigen {
  /** Row-major [n, n]; columns are eigenvectors. */
  readonly vectors: Float64Array
  /** [n]. */
  readonly values: Float64Array
}

/** @param matrix row-major [n, n], symmetric */
export const symmetricEigen = (matrix: Float64Array): Eigen => {
  const n = Math.round(Math.sqrt(matrix.length))
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(Matrix.from1DArray(n, n, matrix), {
    assumeSymmetric: true
  })
  return { vectors: Float64Array.from(eigenvectorMatrix.to1DArray()), values: Float64Array.from(realEigenvalues) }
}

/** Built next to the program; absent where the sources run as they are. */
const WORKER = new URL('./eigen-worker.js', import.meta.url)

/** The same, while the calling thread goes on. Rejects if the signal fires before the answer. */
export const symmetricEigenAside = (matrix: Float64Array, signal?: AbortSignal): Promise<Eigen> => {
  if (!existsSync(fileURLToPath(WORKER))) return Promise.resolve(symmetricEigen(matrix))
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER, { workerData: matrix })
    const stop = (): void => {
      reject(new Error('interrupted'))
      void worker.terminate()
    }
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => signal?.removeEventListener('abort', stop))
    signal?.addEventListener('abort', stop)
  })
}
