// `lunatik exec --dev`: each device is /dev/NAME, and the machine's own /dev is there as well.
// variants: (default)
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fixture, lunatik, run } from '../mount/mounted.js'
import { asUser, lunatikAsUser, lunatikOf, machines, noUser, userFolder } from '../mount/user.js'

const scripts = {
  'more.lua': `
local device = require("device")
local function says(name, text)
  device.new{name = name, mode = 292, read = function(_, len, off) return text:sub(off + 1, off + len) end}
end
says("more/one", "one\\n") says("net/mine", "mine\\n") says("zero", "ours\\n")`,
  // A call that takes for ever, which no deadline reaches but the server's own.
  'stuck.lua': `
local device = require("device")
device.new{name = "stuck", read = function() require("lockup").spin() end}
device.new{name = "well", read = function(_, len, off) return ("well\\n"):sub(off + 1, off + len) end}`,
}

t.test('exec --dev', { skip: noUser }, async (t) => {
  const dir = userFolder(t)
  for (const [name, text] of Object.entries(scripts)) writeFileSync(join(dir, name), text)
  const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  const env = { PATH, TMPDIR: userFolder(t), LUNATIK: lunatikOf([]).join(' ') }
  const exec = (script: string, ...args: string[]) => [
    'exec',
    '--dev',
    '--scripts',
    dir,
    ...args,
    '--',
    'sh',
    '-c',
    script,
  ]

  t.test("an ordinary user's devices, also such as come later, beside the machine's", async (t) => {
    const script = `
head -c 2 /dev/mydevice; echo; head -c 2 $LUNATIK_MNT/mydevice; echo
echo gone > /dev/null; head -c 1 /dev/zero | od -An -tx1
test -c /dev/kmsg && test -c /dev/tty && test -d /dev/pts && test -e /dev/fd/0 && echo own
test -e /dev/more && echo too early
$LUNATIK run more; cat /dev/more/one /dev/zero /dev/net/mine; ls /dev/more; ls /dev/net | sort | head -n 1
$LUNATIK stop more; head -c 1 /dev/zero | od -An -tx1; test -e /dev/more || echo gone
ls /dev | sort | uniq -d; ls /dev | grep -c '^\\(mydevice\\|null\\|kmsg\\|lunatik\\)$'; id -u`
    const { code, stdout, stderr } = await lunatikAsUser(exec(script), machines.usual, env)
    t.equal(stdout, '42\n42\n 00\nown\n\none\nours\nmine\none\nmine\n\n 00\ngone\n4\n1000\n')
    t.same([code, stderr], [0, ''])
    t.strictSame(readdirSync(env.TMPDIR), [], 'nothing is left')
  })
  t.test("root's, which nobody else sees", async (t) => {
    const script = 'head -c 2 /dev/mydevice; nsenter -m -t $PPID test -e /dev/mydevice && echo " seen"'
    const { code, stdout } = await lunatik(...exec(script))
    t.same([code, stdout], [0, '42 seen\n'], 'in the namespace')
    t.notOk(readdirSync('/dev').includes('mydevice'))
  })
  t.test('a server that never comes back gives way to another, at /dev too', async (t) => {
    const script = `cat /dev/stuck 2> /dev/zero; i=0
until [ "$(cat /dev/well 2>&1)" = well ] || [ $i = 600 ]; do i=$((i+1)); sleep 0.1; done
cat /dev/well; echo x > /dev/null && echo null`
    const args = exec(script, '--device', fixture('lockup'), '--run', 'stuck', '--deadline', '0.2')
    const { code, stdout, stderr } = await lunatikAsUser(args, machines.usual, env)
    t.same([code, stdout], [0, 'well\nnull\n'])
    t.match(stderr, /soft lockup.*\n.*is mounted afresh/s)
    t.strictSame(readdirSync(env.TMPDIR), [])
  })
  t.test('one line says what it lacks', async (t) => {
    t.match(await lunatik('exec', '--dev', '--transport', 'fuse-native', '--', 'true'), {
      code: 2,
      stderr: 'lunatik: --dev needs the transport dev-fuse\n',
    })
    const [unshare = '', ...args] = asUser(lunatikOf(['exec', '--dev', '--', 'true']), machines.noNamespaces, env)
    t.match(await run(unshare, args), { code: 1, stderr: /^lunatik: [^\n]*user namespaces are off[^\n]*\n$/ })
  })
})
