import { program } from '../tsup.shared'

export default program('src/main.ts')
