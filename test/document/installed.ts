// The package as a user gets it: packed, unpacked into another folder, beside links to the packages that npm would
// install.
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { run, temporary } from '../mount/mounted.js'

/** The package's own folder. */
export const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Makes a project that has the package installed. Returns its folder. */
export async function installed(t: Test): Promise<string> {
  const dir = temporary(t)
  const packed = await run('npm', ['pack', root, '--ignore-scripts', '--silent', '--pack-destination', dir])
  t.equal(packed.code, 0, packed.stderr)
  const tarball = readdirSync(dir).find((name) => name.endsWith('.tgz')) as string
  const modules = join(dir, 'node_modules')
  mkdirSync(join(modules, 'lunatik'), { recursive: true })
  t.equal(
    (await run('tar', ['-xzf', join(dir, tarball), '-C', join(modules, 'lunatik'), '--strip-components=1'])).code,
    0,
  )
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!name.startsWith('.') && name !== 'lunatik') symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }
  writeFileSync(join(dir, 'package.json'), '{ "name": "user", "private": true, "type": "module" }')
  const compilerOptions = { strict: true, target: 'es2022', module: 'nodenext', types: ['node'], rootDir: '.' }
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts', '*.cts'] }))
  return dir
}
