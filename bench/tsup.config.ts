import { program } from '../tsup.shared'

export default program({ main: 'src/main.ts' })
