import { program } from '../../tsup.shared'

export default program('src/bin.ts')
