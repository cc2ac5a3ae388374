// The module hid, and devices with their reports that are injected for it.
import t from 'tap'
import { readRecording } from '../../src/cli/inject_hid.js'
import { hid_open_report } from '../../src/lib/hid_report.js'
import { LUNATIK_OPT_SOFTIRQ } from '../../src/lunatik/lunatik_obj.js'
import { agrees, evaluator } from './eval.js'
import { deeds, hooked } from './inject.js'

/** A mouse: report 1 has 3 buttons, 5 bits that fill up, X and Y; report 2 is a feature of a byte. */
const mouse =
  '0501 0902 a101 8501 0901 a100 0509 1901 2903 1500 2501 9503 7501 8102 9501 7505 8101' +
  '0501 0930 0931 1581 257f 7508 9502 8106 c0 8502 0600ff 0901 1500 9501 7508 b102 c0'

t.test('the constructor refuses what a kernel refuses, in its words', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    keys(require("hid"))  =>  "register"
    require("hid").register()  =>  ERROR "chunk:1: bad argument #1 to 'register' (table expected, got no value)"
    require("hid").register{}  =>  ERROR "chunk:1: bad field 'name' (string expected, got nil)"
    require("hid").register{name = 5}  =>  ERROR "chunk:1: bad field 'name' (string expected, got number)"
    require("hid").register{name = "x"}  =>  ERROR "chunk:1: bad field 'id_table' (table expected, got nil)"
    require("hid").register{name = "x", id_table = {5}}  =>  ERROR "chunk:1: bad argument #1 to 'register' (invalid id_table)"
    require("hid").register{name = "x", id_table = {{}}}  =>  ERROR "chunk:1: runtime context mismatch"
    `,
  )
  agrees(
    t,
    evaluator(t, LUNATIK_OPT_SOFTIRQ),
    `
    keys(getmetatable(require("hid").register{name = "x", id_table = {}}))  =>  "__gc __index"
    require("hid").register{name = "x", id_table = {}}  =>  ERROR "chunk:1: failed to register hid driver: x"
    require("hid").register{name = "hid-generic", id_table = {}}  =>  ERROR "chunk:1: failed to register hid driver: hid-generic"
    `,
  )
})

t.test('a driver hears of its devices, and changes descriptor and reports', async (t) => {
  const { log, run, stop, inject } = hooked(t, {
    'drv.lua': `
      local function show(t) local r = {} for k, v in pairs(t) do r[#r + 1] = k .. "=" .. tostring(v) end table.sort(r) return table.concat(r, " ") end
      local driver, kept = {name = "drv", id_table = {{vendor = 9}, {bus = 3, vendor = 0x2717, product = 0x5014, driver_data = -2}}}
      function driver:probe(id) self.n = 0 print("probe", self == driver, show(id)) end
      function driver:report_fixup(hdev, data) print("fixup", show(hdev), #data) data:setbyte(17, 5) end
      function driver:raw_event(hdev, report, data)
        self.n = self.n + 1
        if self.n == 1 then print("event", hdev.name, show(report), #data, kept) end
        if data:getbyte(1) == 7 then error("no seven") end
        data:setbyte(2, 0)
        kept = data
        if self.n == 3 then print(pcall(kept.getbyte, kept, 40)) end
      end
      require("hid").register(driver)`,
    'late.lua': `local d = {name = "late", id_table = {{}}} function d:raw_event() print("late") end require("hid").register(d)`,
  })
  t.equal(await run('drv', 'softirq'), null)
  const device = { event: 'hid', name: 'Silent', vendor: 0x2717, product: 0x5014, descriptor: mouse }
  const reports = ['01010506', '01070506', '01000000', '02', '0300']
  const injected = await inject({ ...device, reports, keep: true })
  const number = /\.(\w{4})$/.exec(injected.device as string)?.[1]
  t.match(injected, {
    hooks: 1,
    driver: 'drv',
    device: `0003:2717:5014.${number}`,
    descriptor: mouse.replaceAll(' ', '').replace('19012903', '19012905'),
    reports: [
      { changed: '01010006' },
      { dropped: 'its driver failed' },
      {},
      { dropped: 'the descriptor has no input report 2' },
      { dropped: 'the descriptor has no input report 3' },
    ],
  })
  t.strictSame(
    deeds(injected).map((deed) => deed.replace(/=.*: /, '=')),
    ['probe=OK', 'report_fixup=OK', 'raw_event=OK', 'raw_event=no seven', 'raw_event=OK'],
  )
  t.strictSame(
    log.splice(0).map((text) => text.replace(/(raw_event: ).*: /, '$1')),
    [
      'probe\ttrue\tbus=3 driver_data=-2 group=0 product=20500 vendor=10007',
      'fixup\tbus=3 group=1 name=Silent product=20500 vendor=10007 version=0\t67',
      'event\tSilent\tapplication=65538 id=1 maxfield=2 size=24 type=0\t4\tnil',
      `drv 0003:2717:5014.${number}: raw_event: no seven`,
      "false\tbad argument #2 to '?' (out of bounds)",
    ],
  )
  const id = injected.id as number
  t.match(await inject({ event: 'hid', id, keep: true, reports: ['01010100'] }), {
    calls: [{ what: 'raw_event' }],
    descriptor: /./,
  })
  t.match(await inject({ ...device, vendor: 10, reports: ['01010101'] }), {
    hooks: 0,
    calls: [],
    driver: 'hid-generic',
    reports: [{}],
  })
  t.equal(await run('late', 'softirq'), null)
  t.match(await inject({ event: 'hid', id, keep: true }), { hooks: 2, driver: 'drv' }, 'who has it keeps it')
  stop('drv')
  t.match(await inject({ event: 'hid', id, reports: ['01010505'] }), { hooks: 1, driver: 'late', reports: [{}] })
  t.strictSame(log.splice(0), ['late'])
  await t.rejects(inject({ event: 'hid', id }), { message: new RegExp(`^there is no HID device ${id}`) })
})

t.test('a driver that fails, or breaks the descriptor, has no device', async (t) => {
  const { log, run, inject } = hooked(t, {
    'a.lua':
      'local d = {name = "a", id_table = {{vendor = 1}}} function d:probe() error("not mine") end require("hid").register(d)',
    'b.lua':
      'local d = {name = "b", id_table = {{vendor = 1}}} function d:report_fixup(h, r) r:setbyte(#r - 1, 5) end require("hid").register(d)',
    'none.lua': 'require("hid").register{name = "c", id_table = {{bus = 0}, {}}}',
  })
  for (const name of ['none', 'a', 'b']) t.equal(await run(name, 'softirq'), null)
  const device = { event: 'hid', vendor: 1, product: 2, descriptor: mouse, reports: ['01000000'] }
  t.match(await inject(device), { hooks: 2, driver: null, reports: [{ dropped: 'the device has no driver' }] })
  t.match(
    log.map((text) => text.replace(/\.\w{4}: /, ': ')).join('\n'),
    /a 0003:0001:0002: probe: .*not mine\na: probe of 0003:0001:0002\.\w+ failed with error -125\nb 0003:0001:0002: item fetching failed at offset 66\/67\nb: probe of \S+ failed with error -22$/,
  )
})

t.test('descriptors that a kernel refuses', async (t) => {
  const wrong: [string, RegExp][] = [
    ['05', /^item fetching failed at offset 0\/1$/],
    ['fe0001', /^unexpected long global item$/],
    ['a101', /^unbalanced collection/],
    ['c0', /^collection stack underflow,item 0 0 0 12 parsing failed$/],
    ['8500', /^report_id 0 is invalid/],
    ['b4', /^global environment stack underflow/],
    ['a4a4a4a4a4', /^global environment stack overflow/],
    ['15022501 8102', /^logical range invalid 0x2 0x1/],
    ['76ffff', /^invalid report_size/],
    ['a8', /^bogus close delimiter/],
    ['a901a901', /^nested delimiters/],
    ['760001 96ff2f 8102', /^report is too long/],
  ]
  for (const [hex, message] of wrong)
    t.match(hid_open_report(Buffer.from(hex.replaceAll(' ', ''), 'hex')).join(), message, hex)
})

t.test('recordings', async (t) => {
  const text =
    '# x\nD: 0\nR: 3 05 01 c0\nN: A Mouse\nP: usb\nI: 3 046d c077\nD: 1\nR: 1 C0\nI: 5 1 2\nE: 000000.000000 2 01 0A\nD: 0\nE: 1.5 1 ff\n'
  const { devices, reports } = readRecording(text, 'f')
  t.strictSame(
    [...devices],
    [
      [0, { name: 'A Mouse', descriptor: '0501c0', bus: 3, vendor: 0x46d, product: 0xc077 }],
      [1, { name: '', descriptor: 'C0', bus: 5, vendor: 1, product: 2 }],
    ],
  )
  t.strictSame(reports, [
    { device: 1, time: '000000.000000', bytes: '010A' },
    { device: 0, time: '1.5', bytes: 'ff' },
  ])
  for (const [wrong, message] of [
    ['hello', 'f: no line is one of'],
    ['R: 2 05', 'f: line 1: a descriptor'],
    ['R: 1 c0\nE: 1 1 zz', 'f: line 2: a report is'],
    ['E: 1 1 00', 'f: line 1: a report of a device that'],
    ['I: 3 4', 'f: line 1: a device is'],
    ['D: x', 'f: line 1: no number'],
    ['N: x', 'f: the device 0 has no descriptor'],
  ] as const)
    t.throws(() => readRecording(wrong, 'f'), { message: new RegExp(`^${message}`) }, wrong)
})

t.test('wrong devices are told in one line', async (t) => {
  const { inject } = hooked(t, {})
  const wrong = async (event: object, message: RegExp) => t.rejects(inject({ event: 'hid', ...event }), { message })
  await wrong({}, /^the field 'vendor' must be an integer/)
  await wrong({ vendor: 1, product: 2 }, /^the field 'descriptor' must be a string/)
  await wrong({ vendor: 1, product: 2, descriptor: 'xy' }, /^the field 'descriptor' is a row of bytes/)
  await wrong({ vendor: 1, product: 2, descriptor: 'c0', reports: ['0'] }, /^report 1 is a row of bytes/)
  await wrong({ id: 1, vendor: 1 }, /^'id' says which device it is: leave out 'vendor'/)
})
