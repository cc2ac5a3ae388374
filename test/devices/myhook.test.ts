// A hook with the registry pattern, run over thousands of packets by ordinary tools.
// variants: (default fengari)
import t from 'tap'
import { folder, mounted, noFuse } from '../mount/mounted.js'

/** What `myhook` tells. */
const told = (accepted: number, dropped: number) => `accepted ${accepted}\ndropped ${dropped}\n`

t.test('myhook', { skip: noFuse }, async (t) => {
  const { sh, log, stop } = await mounted(t, ['--device', 'myhook', '--ledger'])

  t.test('each packet passes or is dropped', async (t) => {
    await sh('echo packet > $MNT/myhook; echo "# comment" > $MNT/myhook; echo > $MNT/myhook')
    t.equal((await sh('cat $MNT/myhook')).stdout, told(1, 2))
  })
  t.test('5,000 packets, of which every other one is a comment', async (t) => {
    const { code } = await sh(
      "yes '#x\nabc' | head -c 17500 | { for i in 1; do dd of=$MNT/myhook bs=7 status=none; done; }",
    )
    t.equal(code, 0)
    await sh(`yes 'a' | head -c 5000 | dd of=$MNT/myhook bs=2 status=none`)
    t.equal((await sh('cat $MNT/myhook')).stdout, told(1 + 2500, 2 + 2500))
  })
  t.test('the hooks, and their packets, go with the runtime', async (t) => {
    t.equal(await stop(), 0)
    t.notMatch(log(), /myhook|packet/)
  })
})

t.test('a hook', { skip: noFuse }, async (t) => {
  const scripts = folder(t, {
    'myhook.lua': `
      local hook = require("hook")
      local kept, seen = nil, 0
      local first, last
      last = hook.register{name = "last", priority = 9, hook = function(packet)
        seen = seen + 1
        return packet:get() ~= "drop"
      end}
      first = hook.register{name = "a very long name of a hook", priority = -1, hook = function(packet)
        local text = packet:get()
        if text == "kept" then return kept ~= nil and not pcall(kept.get, kept) end
        if text == "keep" then kept = packet end
        if text == "raise" then error("of a hook") end
        if text == "leave" then first:unregister() first:unregister() end
        if text == "seen" then print("seen", seen) end
        return text ~= "first"
      end}
      print(pcall(hook.register, {name = "x", priority = 1}))
      print(pcall(hook.register, {name = "x", hook = print}))
      print(pcall(hook.register, 5))`,
  })
  const { sh, log, stop } = await mounted(t, ['--device', 'myhook', '--scripts', scripts])
  const send = (text: string) => sh(`printf ${text} > $MNT/myhook; cat $MNT/myhook`)

  t.test('is refused where an option is missing', async (t) => {
    t.match(log(), /false\tbad field 'hook' \(function expected, got nil\)/)
    t.match(log(), /false\tbad field 'priority' \(number expected, got nil\)/)
    t.match(log(), /false\tbad argument #1 to '\?' \(table expected, got number\)|table expected, got number/)
  })
  t.test('of the least priority is called first, and what it drops the others do not see', async (t) => {
    t.equal((await send('first')).stdout, told(0, 1))
    t.equal((await send('drop')).stdout, told(0, 2))
    await send('seen')
    t.match(log(), /seen\t1\n/)
  })
  t.test('that fails lets the packet pass, and the log says which', async (t) => {
    t.equal((await send('raise')).stdout, told(2, 2))
    t.match(log(), /err: myhook: a very long nam: .*myhook\.lua:\d+: of a hook/)
  })
  t.test('finds no bytes in a packet that it has kept', async (t) => {
    await send('keep')
    // It is the same packet in each call, so that it points to the new bytes while it is called.
    t.equal((await send('kept')).stdout, told(3, 3))
  })
  t.test('that is unregistered is not called any more', async (t) => {
    t.equal((await send('leave')).stdout, told(4, 3))
    t.equal((await send('first')).stdout, told(5, 3))
    t.equal(await stop(), 0)
  })
})
