// The command line of `lunatik inject`: an event's words become its fields.
import { posix } from 'node:path'
import type { Command } from 'commander'
import { bytesOf, stringOf } from '../surrogateescape.js'
import type { ClientOptions } from './control.js'
import type { HidOptions } from './inject_hid.js'
import type { PcapOptions } from './inject_pcap.js'

/** What the commands below `lunatik inject` do. Each resolves with an exit code. */
export interface InjectCommands {
  /** @param event an event's fields, and `event` */
  inject(event: object, options: ClientOptions): Promise<number>
  /** @param file what strace has written */
  injectStrace(file: string, options: ClientOptions): Promise<number>
  /** @param fields those of each packet's event, but for the packets */
  injectPcap(fields: { readonly event: string }, options: PcapOptions): Promise<number>
  /** @param file what hid-recorder has written */
  injectHid(file: string, options: HidOptions): Promise<number>
}

const exitCodes = `
The exit code is 0 where a hook heard of it and none failed, 1 where one failed or the event is wrong, 2 for a wrong
command line, 3 where nothing is hooked.`

const example = (...lines: string[]) => `\nExample:\n${lines.map((line) => `  $ ${line}\n`).join('')}${exitCodes}`

const escapes: Readonly<Record<string, number>> = { n: 10, t: 9, e: 27, r: 13, b: 8, '\\': 92 }

/** `\n`, `\t`, `\e`, `\b`, `\r`, `\\` and `\xHH` of a word of the command line, as printf has them; the last is a byte. */
export const unescaped = (text: string): string =>
  stringOf(
    Buffer.concat(
      text.split(/\\(x[\da-f]{2}|[nterb\\])/i).map((part, i) => {
        if (i % 2 === 0) return bytesOf(part)
        return Buffer.of(escapes[part.toLowerCase()] ?? Number.parseInt(part.slice(1), 16))
      }),
    ),
  )

/** What is given to `inject packet`. */
interface PacketOptions extends ClientOptions {
  readonly pcap?: string
  readonly out?: string
  readonly hook?: string[]
  readonly payload?: string
}

const collect = (value: string, values: string[]) => [...values, value]

/** Adds the options of which a packet is made. */
const withPacket = (command: Command): Command =>
  command
    .option('--dns <name>', 'make it: a DNS query for a name')
    .option('--src <address>', 'make it: from where, as 10.0.0.1:1234 or [::1]:1234')
    .option('--dst <address>', 'make it: where to')
    .option('--proto <name>', 'make it: udp (the default), tcp, icmp or a number')
    .option('--flags <names>', 'make it: the flags of TCP, as SYN,ACK (default: SYN)')
    .option('--payload <text>', 'make it: what it carries; \\xHH is a byte')

/** Without what was not given. */
const given = (fields: object): object => Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined))

/**
 * Adds the command.
 * @param withOptions adds the options of a command on a mount
 * @param run has a command's exit code be the program's
 */
export function addInject(
  program: Command,
  commands: InjectCommands,
  withOptions: (command: Command) => Command,
  run: (make: (resolved: (options: ClientOptions) => ClientOptions) => Promise<number>) => Promise<void>,
): void {
  const inject = program
    .command('inject')
    .description("give an event to the scripts' hooks in the kernel, and say what each did")
    .usage('EVENT ...')
    .helpCommand(false)
    .addHelpText('after', `\n'lunatik inject EVENT --help' has an example of each.${exitCodes}`)
  const event = (options: ClientOptions, fields: object) => {
    const { mount, json, ...rest } = options
    return run((resolved) => commands.inject(given({ ...fields, ...rest }), resolved({ mount, json })))
  }
  /** Packets of a file, or one. */
  const packets = (
    fields: { readonly event: string },
    { mount, json, pcap, out, payload, ...more }: PacketOptions,
    command: Command,
  ) => {
    const way = {
      ...given({ ...more, ...fields, payload: payload === undefined ? undefined : unescaped(payload) }),
      event: fields.event,
    }
    if (pcap === undefined && out !== undefined) command.error('--out takes --pcap')
    if (pcap === undefined) return run((resolved) => commands.inject(way, resolved({ mount, json })))
    return run((resolved) =>
      commands.injectPcap(way, given({ ...resolved({ mount, json }), pcap, out }) as PcapOptions),
    )
  }

  withOptions(
    inject
      .command('keyboard')
      .description('keys of a US keyboard, for notifier.keyboard: those that type TEXT, then those of --key')
      .argument('[text]', 'what is typed; \\n, \\t, \\b and \\e are keys as well')
      .option(
        '--key <key>',
        'press and release KEY, a name of input-event-codes.h as UP, a number, or a chord as LEFTCTRL+C; with :down, :up or :repeat no more than that; may be given again',
        collect,
        [],
      )
      .addHelpText('after', example("lunatik inject keyboard 'hello\\n'", 'lunatik inject keyboard --key LEFTCTRL+C')),
  ).action((text: string | undefined, { key, ...options }: ClientOptions & { key: string[] }) =>
    event(options, {
      event: 'keyboard',
      text: text === undefined ? undefined : unescaped(text),
      keys: key.length === 0 ? undefined : key,
    }),
  )

  withOptions(
    inject
      .command('vt')
      .description('a virtual terminal, for notifier.vterm: actions, then TEXT is written on it')
      .argument('[text]', 'what is written')
      .option('--vc <number>', 'its number, from 0', '0')
      .option('--action <name>', 'allocate, deallocate or update; may be given again', collect, [])
      .addHelpText(
        'after',
        example("lunatik inject vt 'hello\\n' --vc 1", 'lunatik inject vt --action allocate --vc 7'),
      ),
  ).action((text: string | undefined, { vc, action, ...options }: ClientOptions & { vc: string; action: string[] }) =>
    event(options, { event: 'vt', text: text === undefined ? undefined : unescaped(text), vc, action }),
  )

  withOptions(
    inject
      .command('netdev')
      .description('a network device, for notifier.netdevice')
      .argument('<name>', 'its name; one of the machine, or one that was registered by this command')
      .argument(
        '<action...>',
        'register, up, down, unregister, or an event of linux.netdev as changemtu; in this order',
      )
      .addHelpText('after', example('lunatik inject netdev eth7 register up', 'lunatik inject netdev eth7 unregister')),
  ).action((name: string, action: string[], options: ClientOptions) =>
    event(options, { event: 'netdev', name, action }),
  )

  withOptions(
    withPacket(
      inject
        .command('packet')
        .description('packets, for the hooks of netfilter: one by its bytes or fields, or those of a file')
        .argument('[hex]', 'the bytes of one packet, from its link header or its IP header on')
        .option('--pcap <file>', 'the packets of a file, pcap or pcapng')
        .option('--out <file>', 'with --pcap: write those that came through to a file, and what the hooks have sent')
        .option(
          '--hook <name>',
          'PRE_ROUTING (the default), LOCAL_IN, FORWARD, LOCAL_OUT, POST_ROUTING; may be given again',
          collect,
          [],
        )
        .option('--pf <family>', 'ipv4, ipv6, arp or bridge (default: as the packet says)')
        .option('--dev <name>', 'the network device that it comes with (default: none)')
        .option('--mark <number>', "the packet's mark (default: 0)")
        .option('--connmark <number>', "its connection's mark (default: 0)")
        .option('--notrack', 'have conntrack not track it')
        .option('--link <name>', 'what it begins with: ethernet, raw (IP), sll or null (default: as it looks)'),
    ).addHelpText(
      'after',
      example(
        'lunatik inject packet --dns github.com --hook LOCAL_OUT',
        'lunatik inject packet --pcap in.pcap --out out.pcap --hook FORWARD --mark 0x403',
      ),
    ),
  ).action((hex: string | undefined, { hook, ...options }: PacketOptions, command: Command) =>
    packets({ event: 'packet', ...given({ hex, hook: hook?.length === 0 ? undefined : hook }) }, options, command),
  )

  withOptions(
    withPacket(
      inject
        .command('xdp')
        .description('packets, for xdp.attach: one by its bytes or fields, or those of a file')
        .argument('[hex]', 'the bytes of one packet, from its Ethernet header or its IP header on')
        .option('--pcap <file>', 'the packets of a file, pcap or pcapng')
        .option('--out <file>', 'with --pcap: write those with PASS or TX to a file')
        .option(
          '--script <name>',
          'the script that the XDP program calls (default: the one that has called xdp.attach)',
        )
        .option(
          '--arg <hex>',
          "its argument, in bytes; 'payload' is where the payload of TCP or UDP begins, of 16 bits",
        )
        .option('--cpu <number>', 'on which CPU, for a script with percpu (default: by its addresses and ports)')
        .option('--link <name>', 'what it begins with: ethernet or raw (IP) (default: as it looks)'),
    ).addHelpText(
      'after',
      example(
        'lunatik inject xdp --dns github.com',
        'lunatik inject xdp --pcap in.pcap --out out.pcap --script examples/filter/sni --arg payload',
      ),
    ),
  ).action((hex: string | undefined, options: PacketOptions, command: Command) =>
    packets({ event: 'xdp', ...given({ hex }) }, options, command),
  )

  withOptions(
    withPacket(
      inject
        .command('wire')
        .description(
          'frames, for the sockets of socket.raw: one by its bytes or fields, those of a file, or none; says what scripts have sent there',
        )
        .argument('[hex]', 'the bytes of one frame, from its Ethernet header or its IP header on')
        .option('--pcap <file>', 'the frames of a file, pcap or pcapng')
        .option('--dev <name>', 'the network device that they come from', 'lo')
        .option('--link <name>', 'what it begins with: ethernet or raw (IP) (default: as it looks)'),
    ).addHelpText('after', example('lunatik inject wire --dns github.com', 'lunatik inject wire --dev eth7')),
  ).action((hex: string | undefined, options: PacketOptions, command: Command) =>
    packets({ event: 'wire', ...given({ hex }) }, options, command),
  )

  withOptions(
    inject
      .command('probe')
      .description('hits of a function of the kernel, for probe.new')
      .argument('<symbol>', 'its name')
      .option('--arg <number>', 'its next argument; may be given again', collect, [])
      .option('--times <number>', 'how often it is hit', '1')
      .addHelpText('after', example('lunatik inject probe do_sys_openat2 --arg 3 --arg 0x1000')),
  ).action((symbol: string, { arg, times, ...options }: ClientOptions & { arg: string[]; times: string }) =>
    event(options, { event: 'probe', symbol, args: arg, times }),
  )

  withOptions(
    inject
      .command('syscall')
      .description('system calls, for probe.new of their addresses and of __x64_sys_NAME')
      .argument('[name...]', 'their names, in their order')
      .option('--arg <number>', 'the next argument of each; may be given again', collect, [])
      .option('--strace <file>', "the calls of a program, as 'strace -f -o FILE PROGRAM' writes them")
      .addHelpText(
        'after',
        example('lunatik inject syscall openat read close', 'lunatik inject syscall --strace ls.strace'),
      ),
  ).action(
    (
      name: string[],
      { arg, strace, ...options }: ClientOptions & { arg: string[]; strace?: string },
      command: Command,
    ) => {
      if (strace === undefined) return event(options, { event: 'syscall', name, args: arg })
      if (name.length + arg.length > 0) command.error('--strace takes no names and no --arg')
      return run((resolved) => commands.injectStrace(strace, resolved(options)))
    },
  )

  withOptions(
    inject
      .command('hid')
      .description('HID devices and their reports, for hid.register')
      .argument('<file>', "a recording, as 'hid-recorder' writes it")
      .option('--out <file>', 'write the recording as it is behind the drivers')
      .addHelpText('after', example('lunatik inject hid mouse.hid --out after.hid')),
  ).action((file: string, { out, ...options }: HidOptions) =>
    run((resolved) => commands.injectHid(file, given({ ...resolved(options), out }) as HidOptions)),
  )

  withOptions(
    inject
      .command('map')
      .description('a BPF map, for the module bpf: as bpftool, makes one, writes it, and says what is in it')
      .argument('<path>', 'where it is pinned, as /sys/fs/bpf/flows; no file system has it')
      .option('--type <name>', 'make it: hash, array, lru_hash, queue or stack')
      .option('--key <bytes>', 'the size of its keys; 4 for an array')
      .option('--value <bytes>', 'the size of its values')
      .option('--entries <number>', 'how many it may have')
      .option('--set <entry>', 'KEY=VALUE in hexadecimal digits, or VALUE for a queue; may be given again', collect, [])
      .option('--delete <key>', 'may be given again', collect, [])
      .option('--unpin', 'take it away; scripts that have it open keep it')
      .addHelpText(
        'after',
        example(
          'lunatik inject map /sys/fs/bpf/flows --type hash --key 4 --value 4 --entries 64',
          'lunatik inject map /sys/fs/bpf/flows --set 01000000=2a000000',
        ),
      ),
  ).action((path: string, options: ClientOptions & { set: string[]; delete: string[] }) =>
    event(options, {
      event: 'map',
      path: posix.resolve(path),
    }),
  )

  withOptions(
    inject
      .command('event')
      .description('any event, as JSON: an object with the field event, and those that docs/inject.md has')
      .argument('<json>', 'the event')
      .addHelpText('after', example(`lunatik inject event '{"event": "keyboard", "text": "hello"}'`)),
  ).action((json: string, options: ClientOptions, command: Command) => {
    let fields: unknown
    try {
      fields = JSON.parse(json)
    } catch (e) {
      command.error(`the event is no JSON: ${(e as Error).message}`)
    }
    return run((resolved) => commands.inject(fields as object, resolved(options)))
  })
}
