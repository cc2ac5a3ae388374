// `lunatik doctor` on machines that lack something.
// variants: (default)
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import type { Findings } from '../../src/cli/doctor.js'
import { run, temporary } from '../mount/mounted.js'
import { groupsOf, page } from '../mount/pages.js'
import { lunatikAsUser, lunatikOf, machines, noUser, toolPath } from '../mount/user.js'

const { lib } = createRequire(import.meta.url)('fuse-shared-library-linux') as { lib: string }
const fusermount = join(dirname(lib), '../bin/fusermount')

/** What doctor finds as the user. */
async function found(t: Test, machine: string, PATH: string): Promise<Findings & { code: number }> {
  const { code, stdout, stderr } = await lunatikAsUser(['doctor', '--json'], machine, { PATH })
  t.equal(stderr, '')
  return { ...(JSON.parse(stdout) as Findings), code }
}

t.test('doctor', { skip: noUser }, async (t) => {
  const dev_fuse = { transport: 'dev-fuse' }
  t.test('where all is there', async (t) => {
    const PATH = toolPath(t, { fusermount3: fusermount })
    t.match(await found(t, machines.usual, PATH), {
      code: 0,
      node: { found: process.version, problem: null },
      fuse: { found: 'mode 666, user 0, group 0', problem: null },
      mayMount: false,
      namespaces: { problem: null },
      fusermount: { found: join(PATH, 'fusermount3'), problem: null },
      koffi: { problem: null },
      commands: {
        mount: { ...dev_fuse, way: 'fusermount' },
        exec: { ...dev_fuse, way: 'namespace' },
        'exec --dev': { ...dev_fuse, way: 'namespace' },
      },
    })
    const { stdout } = await lunatikAsUser(['doctor'], machines.usual, { PATH })
    const [step] = groupsOf(page('docs/without-root.md')).flat()
    t.equal(step?.command, 'lunatik doctor')
    // Another test may have left one for a moment.
    const told = stdout.replace(/^stale mount:.*\n/gm, '')
    const shown = step?.output.replace(/v20\S+/, process.version).replace('/usr/bin', PATH)
    t.equal(told.trimEnd(), shown?.trimEnd(), 'as docs/without-root.md shows it')
  })
  t.test('without /dev/fuse', async (t) => {
    const { code, fuse, commands } = await found(t, machines.noFuse, toolPath(t))
    t.match(fuse, {
      found: null,
      problem: /^\/dev\/fuse is missing: load the module \(modprobe fuse\), or give the container/,
    })
    for (const outcome of Object.values(commands)) t.same(outcome, { problem: fuse.problem })
    t.equal(code, 1)
  })
  t.test('where /dev/fuse may not be opened', async (t) => {
    const { code, fuse, commands } = await found(t, machines.closed, toolPath(t))
    t.match(fuse, {
      found: 'mode 600, user 0, group 0',
      problem: /may not be opened \(EACCES\): have root run 'chmod 666/,
    })
    for (const outcome of Object.values(commands)) t.match(outcome, { problem: 'may not be opened (EACCES)' })
    t.equal(code, 1)
    const through = await found(t, machines.closed, toolPath(t, { fusermount3: fusermount }))
    t.same(through.commands, commands, 'for fusermount3 neither')
  })
  t.test('without user namespaces', async (t) => {
    const { code, namespaces, commands } = await found(t, machines.noNamespaces, toolPath(t))
    t.match(namespaces, { found: null, problem: "have root run 'sysctl -w user.max_user_namespaces=10000'" })
    for (const name of ['exec', 'exec --dev'] as const)
      t.match(commands[name], { problem: namespaces.problem as string })
    t.equal(code, 1)
  })
  t.test('without fusermount3', async (t) => {
    const { code, fusermount, commands } = await found(t, machines.usual, toolPath(t))
    t.match(fusermount, { found: null, problem: /install fuse3$/ })
    t.match(commands, {
      mount: { problem: /^not permitted to mount: install fuse3/ },
      exec: { ...dev_fuse, way: 'namespace' },
    })
    t.equal(code, 0)
  })
  t.test('with a mount that a dead server has left', async (t) => {
    const dir = join(temporary(t), "m'nt")
    const other = join(temporary(t), 'alive')
    const script = `
for dir in "$1" "$2"; do
  "$3" "$4" mount "$dir" --device mydevice > "$dir.out" & pid=$!
  until grep -q 'mounted on' "$dir.out"; do sleep 0.05; done
  [ -n "$first" ] || { first=$pid; kill -9 $pid; wait $pid; }
done 2> /dev/null
"$3" "$4" doctor --json; kill $pid; wait $pid`
    const { stdout } = await run('unshare', ['-m', 'sh', '-c', script, 'sh', dir, other, ...lunatikOf([])])
    const { stale } = JSON.parse(stdout) as Findings
    const mine = stale.filter(({ mountpoint }) => [dir, other].includes(mountpoint))
    t.same(mine, [{ mountpoint: dir, fix: `umount -l '${dir.replace("'", "'\\''")}'` }])
  })
})
