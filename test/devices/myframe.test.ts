// The registry pattern on a real mount, driven by ordinary tools.
// variants: (default fengari)
import t from 'tap'
import { folder, mounted, noFuse } from '../mount/mounted.js'

t.test('myframe', { skip: noFuse }, async (t) => {
  const { sh } = await mounted(t, ['--device', 'myframe'])

  t.test('what is written comes back in capitals', async (t) => {
    t.equal((await sh('echo "in place" > $MNT/myframe; cat $MNT/myframe $MNT/myframe')).stdout, 'IN PLACE\nIN PLACE\n')
  })
  t.test('a read goes on where the last one ended', async (t) => {
    t.equal((await sh('dd if=$MNT/myframe bs=3 status=none')).stdout, 'IN PLACE\n')
  })
  t.test('1 MiB, byte for byte with NULs', async (t) => {
    const { stdout, code } = await sh(`
      set -e
      f=$(mktemp)
      trap 'rm $f' EXIT
      head -c 1M /dev/urandom | LC_ALL=C tr '\\200-\\377' '\\000-\\177' | tr a-z A-Z > $f
      dd if=$f of=$MNT/myframe bs=64K status=none
      cat $MNT/myframe | cmp - $f && echo same`)
    t.match({ stdout, code }, { stdout: 'same\n', code: 0 })
  })
})

t.test('a frame', { skip: noFuse }, async (t) => {
  const scripts = folder(t, {
    'myframe.lua': `
      require("frame")
      local kept, how
      local deeds = {
        same = function(frame) frame:set(0, tostring(frame == kept)) return #tostring(frame == kept) end,
        bounds = function(frame) frame:set(#frame, "x") end,
        short = function(frame) frame:set(0, "x") return 3 end,
        huge = function(frame) return 1 << 30 end,
        none = function(frame) frame:set(0, "x") end,
      }
      function myread(frame) return deeds[how](frame) end
      function mywrite(frame)
        kept, how = frame, frame:get()
        -- younger than the frame, so finalized before it
        setmetatable({}, { __gc = function() print("kept", pcall(function() return kept:get() end)) end })
      end`,
  })
  const { sh, log, stop } = await mounted(t, ['--device', 'myframe', '--scripts', scripts])
  const attempt = (how: string) =>
    sh(`printf ${how} > $MNT/myframe; dd if=$MNT/myframe bs=16 count=1 status=none | tr '\\0' 0`)

  t.test('is the same object in every call', async (t) => {
    t.equal((await attempt('same')).stdout, 'true')
  })
  t.test('has bounds', async (t) => {
    t.match((await attempt('bounds')).stderr, /Operation canceled/)
    t.match(log(), /myframe\.lua:\d+: bad argument #1 to 'set' \(out of bounds\)/)
  })
  t.test('reads as zeros where nothing was put', async (t) => {
    t.equal((await attempt('short')).stdout, 'x00')
    t.equal((await attempt('huge')).stdout, '0'.repeat(16))
  })
  t.test('ends the file where the callback says no number', async (t) => {
    t.match(await attempt('none'), { stdout: '', code: 0 })
  })
  t.test('that is kept is a null pointer after the call', async (t) => {
    t.equal(await stop(), 0)
    t.match(log(), /kept\tfalse\t.*null pointer dereference/)
  })
})

t.test('a script without the class is not loaded', { skip: noFuse }, async (t) => {
  const scripts = folder(t, { 'myframe.lua': '' })
  const args = ['--device', 'myframe', '--scripts', scripts]
  await t.rejects(mounted(t, args), /'frame': metatable not found.*\n.*init_module failed \(ECANCELED\)/)
})
