import { program } from '../tsup.shared'

// The gradients of TensorFlow.js lie in a file that Node cannot load unbundled; see src/others/tfjs.ts.
export default program({ main: 'src/main.ts' }, [/register_all_gradients/])
