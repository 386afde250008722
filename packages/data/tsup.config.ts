import { defineConfig } from 'tsup'
import { library } from '../../tsup.shared'

// `shims` gives the CommonJS build the `import.meta.url` by which the bundled data sets are found.
export default defineConfig({ ...library(), shims: true })
