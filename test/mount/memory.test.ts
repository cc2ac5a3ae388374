// Scripts that fill all the memory that there is: the mount serves on. Only the engine wasm knows what Lua uses.
// variants: (default)
import t from 'tap'
import { fixture, noFuse } from './mounted.js'
import { scripted } from './scripted.js'

/** `hog(N)` is a device that keeps all it can get when it is read, and tells how many MiB that is. */
const hog = (name: string) => `
local kept = {}
require("device").new{name = "${name}", read = function(self, len, off)
  if off > 0 then return "" end
  pcall(function() for i = #kept + 1, math.maxinteger do kept[i] = ("x"):rep(1 << 16) .. i end end)
  return (#kept >> 4) .. "\\n"
end}
`

const small = `
require("device").new{name = "small", read = function(self, len, off)
  local t = {}
  for i = 1, 10000 do t[i] = i end
  return off > 0 and "" or #t .. "\\n"
end}
`

t.test('with all memory taken the commands work, and what stops gives its memory back', { skip: noFuse }, async (t) => {
  const names = ['hog1', 'hog2', 'hog3', 'hog4', 'hog5', 'hog6']
  const files = Object.fromEntries(names.map((name) => [`${name}.lua`, hog(name)]))
  // 64 MiB, of which 16 are in reserve: three scripts fill them.
  const { lunatik, sh } = await scripted(t, { ...files, 'small.lua': small }, [
    ...['--engine', 'wasm', '--memory', '16', '--device', `${fixture('smallmachine')},total=64`],
    ...names.slice(0, 4).flatMap((name) => ['--run', name]),
  ])
  const had = (await sh('cat $MNT/hog[1-4]')).stdout.split('\n').map(Number)
  t.match(had, [15, 15, /^1[0-5]$/, /^[0-5]$/])

  t.same(await lunatik('list'), { code: 0, stdout: 'hog4, hog3, hog2, hog1\n', stderr: '' })
  t.same(await lunatik('run', 'small'), { code: 0, stdout: '\n', stderr: '' })
  t.equal((await sh('for i in 1 2 3; do cat $MNT/small; done')).stdout, '10000\n'.repeat(3))
  t.match(await lunatik('run', 'hog5'), { code: 0 })
  t.equal((await sh('cat $MNT/hog5')).stdout, '0\n')
  for (const name of ['hog2', 'hog5']) t.same(await lunatik('stop', name), { code: 0, stdout: '\n', stderr: '' })
  t.match(await lunatik('run', 'hog6'), { code: 0 })
  t.ok(Number((await sh('cat $MNT/hog6')).stdout) >= 12)
  t.equal((await sh('cat $MNT/small')).stdout, '10000\n')
})

/** A device that keeps 15 MiB of JavaScript's memory. */
const dataHog = (name: string) => `
local data = require("data")
local kept = {}
for i = 1, 15 do kept[i] = data.new(1 << 20) end
require("device").new{name = "${name}", read = function(self, len, off) return off > 0 and "" or #kept .. "\\n" end}
`

t.test('the control device works on when the memory of JavaScript is taken', { skip: noFuse }, async (t) => {
  const names = ['hog1', 'hog2', 'hog3', 'hog4', 'hog5']
  const files = Object.fromEntries(names.map((name) => [`${name}.lua`, dataHog(name)]))
  const { lunatik, sh } = await scripted(t, { ...files, 'small.lua': small }, [
    ...['--engine', 'wasm', '--memory', '16', '--device', `${fixture('smallmachine')},total=64`],
    ...['small', ...names].flatMap((name) => ['--run', name]),
  ])
  // The memory is looked at every 256th call.
  const failing = 'n=0; for i in $(seq 150); do cat $MNT/small || n=$((n + 1)); done >/dev/null 2>&1; echo $n'
  t.ok(Number((await sh(failing)).stdout) > 0)
  t.same(await sh('for i in $(seq 200); do echo "return 1" > $MNT/lunatik || exit; done'), {
    code: 0,
    stdout: '',
    stderr: '',
  })
  for (const name of names) t.same(await lunatik('stop', name), { code: 0, stdout: '\n', stderr: '' })
  t.equal((await sh('until cat $MNT/small; do sleep 0.1; done')).stdout, '10000\n')
  t.equal((await sh(failing)).stdout, '0\n')
})
