import { fileURLToPath } from 'node:url'

/** The command's program. */
export const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
