// `--device`: what a module says while it is loaded.
// variants: default (fuse-native)
import { join } from 'node:path'
import t from 'tap'
import { folder, isMounted, lunatik, mounted, noFuse, temporary, transportArgs } from '../mount/mounted.js'

t.test('--device', { skip: noFuse }, async (t) => {
  const modules = folder(t, {
    'fails.mjs': `import { pr_fmt } from 'lunatik'
const { pr_info, pr_err } = pr_fmt('fails')
export function init_module() { pr_info('begins'); pr_err('no such thing'); pr_err('so it ends'); return -19 }`,
    'works.mjs': `import { pr_fmt } from 'lunatik'
export function init_module() { pr_fmt('works').pr_err('all the same'); return 0 }`,
    'prints.mjs': `export function init_module() { console.log('to stdout'); console.error('to stderr'); return 0 }`,
    'odd.mjs': 'export function init_module() { throw Object.create(null) }',
  })
  t.test('what a module logs before it fails is in the log as what it is', async (t) => {
    const dir = temporary(t)
    const { code, stderr } = await lunatik('mount', dir, ...transportArgs, '--device', join(modules, 'fails.mjs'))
    t.equal(
      stderr.replaceAll(/^\[ *[\d.]+\] /gm, ''),
      `info: fails: begins\nerr: fails: no such thing\nerr: fails: so it ends\nlunatik: device '${modules}/fails.mjs': ` +
        'init_module failed (ENODEV): the log says why\n',
    )
    t.equal(code, 1)
    t.notOk(isMounted(dir))
  })
  t.test('an error that is none of its end as well', async (t) => {
    const { log } = await mounted(t, ['--device', join(modules, 'works.mjs')])
    t.match(log(), 'err: works: all the same\n')
  })
  t.test('what it prints by itself is printed', async (t) => {
    const module = ['--device', join(modules, 'prints.mjs')]
    const { code, stdout, stderr } = await lunatik('exec', ...transportArgs, ...module, '--', 'true')
    t.strictSame({ code, stdout, stderr }, { code: 0, stdout: 'to stdout\n', stderr: 'to stderr\n' })
  })
  t.test('whatever it throws is one line', async (t) => {
    const { code, stderr } = await lunatik('mount', temporary(t), '--device', join(modules, 'odd.mjs'))
    t.match(stderr, /^lunatik: device '.*': init_module threw something without a description\n$/)
    t.equal(code, 1)
  })
})
