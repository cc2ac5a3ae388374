// A private class at work, driven by ordinary tools.
// variants: default (fengari)
import t from 'tap'
import { wide } from '../engine.js'
import { folder, mounted, noFuse } from '../mount/mounted.js'

t.test('mycounter', { skip: noFuse }, async (t) => {
  const { sh, log, stop } = await mounted(t, ['--device', 'mycounter'])
  const cat = async () => (await sh('cat $MNT/mycounter')).stdout
  const failed = async (t: { match(found: string, wanted: RegExp): unknown }, command: string, message: string) => {
    t.match((await sh(command)).stderr, /Operation canceled/)
    t.match(log(), new RegExp(`mycounter\\.lua:\\d+: ${message.replace(/[()#]/g, '\\$&')}\n`))
  }

  t.test('each cat gives the next number', async (t) => {
    t.strictSame([await cat(), await cat(), await cat()], ['1\n', '2\n', '3\n'])
  })
  t.test('a number that is written sets it', async (t) => {
    t.equal((await sh('echo 41 > $MNT/mycounter')).code, 0)
    t.equal(await cat(), '42\n')
  })
  t.test('the private data are 32 bits, as in C', async (t) => {
    await sh('echo 2147483647 > $MNT/mycounter')
    t.equal(await cat(), '-2147483648\n')
  })
  t.test('what is no number fails the write', async (t) => {
    await failed(
      t,
      'printf many | dd of=$MNT/mycounter status=none',
      "bad argument #1 to 'set' (number expected, got nil)",
    )
  })
  t.test('a frozen counter fails the extra check of its PRIVATECHECKER', async (t) => {
    await sh('echo freeze > $MNT/mycounter')
    await failed(t, 'cat $MNT/mycounter', "calling 'next' on bad self (counter is frozen)")
  })
  t.test('close releases it at once, and a second time does nothing', async (t) => {
    await sh('echo new > $MNT/mycounter; echo close > $MNT/mycounter; echo close > $MNT/mycounter')
    t.equal(log().match(/info: mycounter: released at 0\n/g)?.length, 1)
  })
  t.test('a closed counter is a null pointer', async (t) => {
    await failed(t, 'cat $MNT/mycounter', "calling 'next' on bad self (null pointer dereference)")
  })
  t.test('a new one starts again, and is released with its runtime', async (t) => {
    await sh('echo new > $MNT/mycounter; echo 6 > $MNT/mycounter')
    t.equal(await cat(), '7\n')
    t.equal(await stop(), 0)
    t.match(log(), 'info: mycounter: released at 7\n')
  })
})

/** Uses a counter in a scope of its own. fengari has no `<close>`: there the metamethod is called as Lua would. */
const scope = wide
  ? `local c <close> = counter.new(7)
     c:next()
     if fail then error("left") end`
  : `local c = counter.new(7)
     local ok, e = pcall(function() c:next() if fail then error("left") end end)
     getmetatable(c).__close(c, e)
     if not ok then error(e, 0) end`

t.test('a counter whose scope is left is closed at once, by an error as well', { skip: noFuse }, async (t) => {
  const script = `
    local counter = require("counter")
    local function scope(fail)
      ${scope}
    end
    function myread() scope() return "" end
    function mywrite() scope(true) end`
  const { sh, log } = await mounted(t, ['--device', 'mycounter', '--scripts', folder(t, { 'mycounter.lua': script })])
  await sh('cat $MNT/mycounter')
  t.equal(log().match(/info: mycounter: released at 8\n/g)?.length, 1)
  t.not((await sh('echo x > $MNT/mycounter')).code, 0)
  t.equal(log().match(/info: mycounter: released at 8\n/g)?.length, 2)
  t.match(log(), /mycounter\.lua:\d+: left/)
})
