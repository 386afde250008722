/** Where the tests run: Node, or a page of a browser. */
export const isInPage = typeof window !== 'undefined'

/** The ONNX Runtimes that exist here. */
export const runtimes = isInPage ? (['wasm'] as const) : (['native', 'wasm'] as const)
