// The modules darken and lighten: scripts that openssl has encrypted, as upstream's tool does.
import { createCipheriv } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { packageRoot } from '../../src/package.js'
import { agrees, evaluate, evaluator, withLua } from './eval.js'
import { hooked } from './inject.js'

const key = '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4'
const iv = 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff'

/** A script as the tool writes it. */
function dark(script: string): string {
  const cipher = createCipheriv('aes-256-ctr', Buffer.from(key, 'hex'), Buffer.from(iv, 'hex'))
  return Buffer.concat([cipher.update(script), cipher.final()]).toString('hex')
}

t.test('darken runs what is encrypted', async (t) => {
  const r = withLua(evaluator(t))
  evaluate(r, 'hex = require("util").hex2bin darken = require("darken")')
  // NIST SP 800-38A, F.5.5: the first block's plain text is no script.
  const nist = '601ec313775789a5b7a2f504bbf3d228'
  const run = (script: string) => `darken.run(hex"${dark(script)}", hex"${iv}", hex"${key}")`
  agrees(
    t,
    r,
    `
    keys(darken)  =>  "run"
    ${run('return 1, "two", nil')}  =>  1  "two"  nil
    ${run('')}  =>  
    darken.run("", hex"${iv}", hex"${key}")  =>  
    ${run('error("no")')}  =>  ERROR "darken:1: no"
    ${run('x y')}  =>  ERROR "darken:1: syntax error near 'y'"
    darken.run()  =>  ERROR "chunk:1: bad argument #1 to 'run' (string expected, got no value)"
    darken.run("x", "short", hex"${key}")  =>  ERROR "chunk:1: bad argument #2 to 'run' (IV must be 16 bytes)"
    darken.run("x", hex"${iv}", "short")  =>  ERROR "chunk:1: bad argument #3 to 'run' (key must be 32 bytes)"
    `,
  )
  t.match(evaluate(r, `pcall(darken.run, hex"${nist}", hex"${iv}", hex"${key}")`), /^false {2}"darken:1: /)
})

t.test('lighten takes the key of the module light', async (t) => {
  const { log, run } = hooked(t, {
    'dark.lua': `package.path = package.path .. ";${packageRoot}lua/?.lua" return require("lighten").run("${dark('require("linux").schedule(1) print("light")')}", "${iv}")`,
  })
  const [dir = ''] = lunatik_conf.root
  lunatik_conf.root = [dir, `${packageRoot}lua`]
  t.match(await run('dark'), /'light'/, 'there is none yet')
  writeFileSync(join(dir, 'light.lua'), `return "${key}"`)
  t.equal(await run('dark'), null)
  t.strictSame(log, ['light'])
})
