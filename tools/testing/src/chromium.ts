/** Where an installed Chromium or Chrome is, and how tests start it. Nothing is ever downloaded. */
import { existsSync } from 'node:fs'

const usual = (): readonly (string | undefined)[] => [
  process.env['CHROME_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe'
]

export const CHROMIUM_FLAGS: readonly string[] = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']

/** WebGPU too, computed by the processor, so that machines without a graphics card have it and all have the same. */
export const WEBGPU_FLAGS: readonly string[] = [
  '--no-sandbox',
  '--disable-background-networking',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader'
]

/**
 * The browser for tests: `CHROME_PATH`, else where systems install one. Undefined on a machine without one.
 *
 * @error an `Error` where continuous integration (`CI`) has none: there a skipped suite would look like a passed one
 */
export const findChromium = (): string | undefined => {
  const found = usual().find((path) => path !== undefined && path !== '' && existsSync(path))
  if (found === undefined && process.env['CI'] !== undefined)
    throw new Error('findChromium: no Chromium or Chrome is installed here; CHROME_PATH may name one')
  return found
}
