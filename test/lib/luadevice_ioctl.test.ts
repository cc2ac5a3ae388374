import t, { type Test } from 'tap'
import { ECANCELED, EINVAL, ENOTTY } from '../../src/errno.js'
import type { ioctl_arg } from '../../src/vfs/fs.js'
import { vfs_ioctl } from '../../src/vfs/ioctl.js'
import { logged, runtime } from '../lunatik/states.js'
import { as, closeAll, open, WAITS } from './devices.js'
import '../../src/lib/luadevice.js'
import '../../src/lib/libs.js'

t.afterEach(closeAll)

/** Opens a device whose driver has that `ioctl`; gives ioctl(2) on it. */
async function device(t: Test, body: string) {
  runtime(t, `${WAITS} require("device").new{name = "regs", ioctl = function(self, cmd, arg) ${body} end}`)
  const { file } = await open('regs')
  return async (cmd: number, arg: number | ioctl_arg) => as(() => vfs_ioctl(file, cmd, arg))
}

/** An argument that gives bytes and has room for `room`, which begin as dots. */
const argument = (input: string, room: number) => ({ in: Buffer.from(input), out: Buffer.alloc(room, '.') })

t.test('a command gets the number or the bytes, and gives a result and bytes', async (t) => {
  const ioctl = await device(
    t,
    'if type(arg) == "number" then return arg + 1 end if #arg > 0 then schedule(1) end return 7, arg:upper() .. "!!!"',
  )
  t.equal(await ioctl(1, 41), 42)
  const both = argument('ab', 4)
  t.equal(await ioctl(2, both), 7)
  t.equal(both.out.toString(), 'AB!!', 'no more bytes than there is room for')
  const out = argument('', 2)
  t.equal(await ioctl(3, out), 7)
  t.equal(out.out.toString(), '!!')
})
t.test('a command that it does not know is ENOTTY, and its own errno is the program’s', async (t) => {
  const ioctl = await device(t, `if cmd == 1 then return -${EINVAL}, "gone" end`)
  const arg = argument('', 4)
  t.equal(await ioctl(1, arg), -EINVAL)
  t.equal(await ioctl(2, 0), -ENOTTY)
})
t.test('what is no integer of 32 bits, and an error, are ECANCELED and a line in the log', async (t) => {
  const log = logged(t)
  const ioctl = await device(
    t,
    'if cmd == 1 then return "x" elseif cmd == 2 then return 1 << 31 elseif cmd == 3 then return -4096 end error("no")',
  )
  for (const cmd of [1, 2, 3, 4]) t.equal(await ioctl(cmd, 0), -ECANCELED, `${cmd}`)
  t.match(log, [/integer of 32 bits: ioctl/, /integer of 32 bits: ioctl/, /integer of 32 bits: ioctl/, /: no: ioctl/])
})
t.test('a driver without it has no such operation', async (t) => {
  runtime(t, 'require("device").new{name = "plain", ioctl = 5}')
  const { file } = await open('plain')
  t.equal(file.f_op.unlocked_ioctl, undefined)
})

t.test("the parts of a command's number", async (t) => {
  const ioctl = await device(
    t,
    `local I = require("linux.ioctl")
     if cmd == 1 then return I.DIR(I.IOR("j", 1, 4)) * 10 + I.DIR(I.IOW("j", 1, 4)) end
     return I.NR(cmd), I.TYPE(cmd) .. " " .. I.SIZE(cmd) .. " " .. I.DIR(cmd)`,
  )
  t.equal(await ioctl(1, 0), 21)
  const arg = argument('', 16)
  // JSIOCGNAME(300), whose highest bit makes it negative in Lua.
  t.equal(await ioctl(0x812c6a13, arg), 0x13)
  t.equal(arg.out.toString(), 'j 300 2.........')
})
