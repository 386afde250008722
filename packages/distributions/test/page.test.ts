/** docs/distributions.md says what the code has. After a change, `npm run docs:distributions` writes it anew. */
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { combinators } from './rows/combinators'
import { continuous } from './rows/continuous'
import { discrete } from './rows/discrete'
import { multivariate } from './rows/multivariate'
import { distributionsPage } from './support/page'

test('docs/distributions.md is what the code makes', async () => {
  const page = distributionsPage([
    ['Continuous', continuous],
    ['Discrete', discrete],
    ['Vectors and matrices', multivariate],
    ['Made of others', combinators]
  ])
  await expect(page).toMatchFileSnapshot(resolve(import.meta.dirname, '../../../docs/distributions.md'))
})
