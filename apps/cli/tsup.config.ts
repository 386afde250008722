import { program } from '../../tsup.shared'

export default program({ bin: 'src/bin.ts', 'eigen-worker': 'src/weights/fields/eigen-worker.ts' })
