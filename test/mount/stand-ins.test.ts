// The drivers of stand-ins/ are taken for real devices by programs that others have written, where those are installed.
// variants: default
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { whichCommand } from '../../src/fuse/command.js'
import { type Mounted, mounted, noFuse, temporary } from './mounted.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const text = readFileSync(join(root, 'docs/stand-ins.md'), 'utf8')
/** The page's command for a driver's client, on `$MNT` in place of /dev. */
function clientOf(driver: string): string {
  const row = text.split('\n').find((line) => line.startsWith(`| [stand-ins/${driver}.lua]`)) ?? ''
  const [, command = ''] = /`([^`]*)`[^`|]* \|$/.exec(row) ?? []
  return command.replace(/^.* -- /, '').replaceAll('/dev/', '$MNT/')
}

const drivers = readdirSync(join(root, 'stand-ins')).map((name) => name.replace('.lua', ''))

/** Why a test without a program isn't run. */
const without = (...programs: string[]) => {
  const missing = programs.find((program) => whichCommand(program) === null)
  return missing !== undefined && `${missing} is missing`
}

/** Shell functions: `client COMMAND...` begins one whose output is in $out, and `within TEXT` waits for that in it. */
const prelude = (out: string) => `
out=${out}/out
client() { stdbuf -o0 "$@" > $out 2>&1 & pid=$!; }
within() { i=0; until grep -q -- "$1" $out || [ $i = 600 ]; do i=$((i+1)); sleep 0.05; done; }
finish() { kill -INT $pid; kill -TERM $pid; wait $pid; tr '\\r' '\\n' < $out; }`

t.test('each has at most 60 lines, and is in the page', async (t) => {
  for (const name of drivers) {
    const lines = readFileSync(join(root, `stand-ins/${name}.lua`), 'utf8')
      .trimEnd()
      .split('\n')
    t.ok(lines.length <= 60, `${name}: ${lines.length}`)
    t.match(text, `stand-ins/${name}.lua`)
  }
})

t.test('real clients', { skip: noFuse }, async (t) => {
  const { sh, log }: Mounted = await mounted(t, [
    ...['--scripts', join(root, 'stand-ins')],
    ...drivers.flatMap((name) => ['--run', name]),
  ])
  const out = temporary(t)
  /** What Python prints; `ioctl(fd, type, nr, bytes, direction)` gives the bytes. */
  const python = async (text: string) => {
    const program = `
import array, fcntl, os, select, struct
MNT = os.environ["MNT"]
def ioctl(fd, type, nr, data, dir=2):
    buf = bytearray(data)
    ret = fcntl.ioctl(fd, dir << 30 | len(data) << 16 | ord(type) << 8 | nr, buf)
    return ret, bytes(buf)
${text}`
    const { stdout, stderr } = await sh(`python3 - <<'END'\n${program}\nEND`)
    t.equal(stderr, '')
    return stdout
  }

  t.test('hwclock reads and sets the clock', { skip: without('hwclock', 'date') }, async (t) => {
    const before = Math.floor(Date.now() / 1000)
    const show = `date -d "$(${clientOf('rtc0')} --utc)" +%s`
    const now = Number((await sh(show)).stdout)
    t.ok(now >= before && now <= Date.now() / 1000 + 1, `${before} ${now}`)
    const set = async (date: string) => {
      t.match(await sh(`hwclock --rtc $MNT/rtc0 --set --utc --date "${date}"`), { code: 0, stderr: '' })
      return (await sh('TZ=UTC hwclock --rtc $MNT/rtc0 --show --utc')).stdout
    }
    t.match(await set('2024-02-29 23:00:00'), /^2024-02-29 23:0/)
    t.match(await set('2023-12-31 12:34:00'), /^2023-12-31 12:3/)
  })
  t.test('jstest shows what the joystick does', { skip: without('jstest', 'stdbuf') }, async (t) => {
    const { stdout } = await sh(`${prelude(out)}
      client ${clientOf('js0')}; within 'type 130.*number 1'
      echo axis 1 -32767 > $MNT/input/js0; echo button 0 1 > $MNT/input/js0; within 'number 0, value 1'; finish`)
    t.match(stdout, 'Driver version is 2.1.0.\nJoystick (Lunatik joystick) has 2 axes (X, Y)\nand 2 buttons (Trigger, ')
    t.match(stdout, /type 2, time \d+, number 1, value -32767\nEvent: type 1, time \d+, number 0, value 1\n/)
    t.match(await sh('echo nonsense > $MNT/input/js0'), { code: 1 })
  })
  t.test('evtest shows what is typed', { skip: without('evtest', 'stdbuf') }, async (t) => {
    const { stdout } = await sh(`${prelude(out)}
      client ${clientOf('event0')}; within Testing
      echo 30 1 > $MNT/input/event0; echo 30 0 > $MNT/input/event0; within 'value 0'; within 'REPORT.*'; finish`)
    t.match(
      stdout,
      'Input device ID: bus 0x3 vendor 0x1209 product 0x1 version 0x1\nInput device name: "Lunatik keyboard"',
    )
    t.match(stdout, '    Event code 30 (KEY_A)\n    Event code 46 (KEY_C)\n    Event code 48 (KEY_B)\nProperties:')
    t.match(stdout, /type 1 \(EV_KEY\), code 30 \(KEY_A\), value 1\n.*SYN_REPORT.*\n.*\(KEY_A\), value 0\n/)
  })
  t.test('wdctl asks the watchdog', { skip: without('wdctl') }, async (t) => {
    const { stdout } = await sh(clientOf('watchdog'))
    t.match(stdout, /Identity: +Lunatik watchdog \[version 1\]\nTimeout: +60 seconds\nTimeleft: +60 seconds\n/)
    t.match(stdout, /^MAGICCLOSE +Supports magic close char +0 +0$/m)
  })
  t.test('a daemon feeds the watchdog', { skip: without('python3') }, async (t) => {
    const said = await python(`
fd = os.open(MNT + "/watchdog", os.O_RDWR)
try: os.open(MNT + "/watchdog", os.O_RDWR)
except OSError as e: print(e.strerror)
print(struct.unpack("<i", ioctl(fd, "W", 6, struct.pack("<i", 5), 3)[1])[0], ioctl(fd, "W", 5, bytes(4))[0])
os.write(fd, b"x")
os.close(fd)`)
    t.equal(said, 'Device or resource busy\n5 0\n')
    t.match(log(), /watchdog: not stopped: a machine would be reset\tafter\t3\n/)
  })
  t.test('Python finds a HID device', { skip: without('python3') }, async (t) => {
    const said = await python(`
fd = os.open(MNT + "/hidraw0", os.O_RDWR)
size, = struct.unpack("<i", ioctl(fd, "H", 1, bytes(4))[1])
descriptor = ioctl(fd, "H", 2, struct.pack("<I", size) + bytes(4096))[1]
print(size, descriptor[4:7].hex(), descriptor[4 + size - 1:4 + size + 1].hex())
print(ioctl(fd, "H", 4, bytes(64))[1].split(b"\\0")[0].decode(), struct.unpack("<IHH", ioctl(fd, "H", 3, bytes(8))[1]))
print(ioctl(fd, "H", 6, b"\\1NEWSER01", 3)[0], ioctl(fd, "H", 7, b"\\1" + bytes(8), 3))
os.write(fd, b"\\0\\xff\\x10\\x01")
print(os.read(fd, 64).hex())`)
    t.equal(said, "35 0600ff c000\nLunatik light (3, 4617, 2)\n9 (9, b'\\x01NEWSER01')\nff1001\n")
  })
  t.test('Python reads a sensor line by line', { skip: without('python3') }, async (t) => {
    const said = await python(`
port = ${clientOf('ttyS9').replace('"$MNT/', 'MNT + "/')}
for _ in range(2): print(port.readline())
fd = os.open(MNT + "/ttyS9", os.O_RDWR | os.O_NONBLOCK)
os.write(fd, b"RATE 1\\nID?\\nwhat\\n")
print(os.read(fd, 5), os.read(fd, 99))
try: os.read(fd, 9)
except BlockingIOError: print("nothing")`)
    t.equal(
      said,
      String.raw`b'$TEMP,1,20.1*20\r\n'
b'$TEMP,2,20.2*20\r\n'
b'$RATE' b',1*1F\r\n$ID,LUNATIK*61\r\n$ERROR*58\r\n'
nothing
`,
    )
  })
})
