---@meta inject

---Events for the hooks that scripts have registered, for a tester's own script. Not on a kernel.
---
---Each function waits until all hooks have heard of its event, and raises what is wrong with it.
---@class lunatik.inject.lib
local inject = {}

---What came of an event. Each kind of events has further fields.
---@class lunatik.injected
---@field event string
---How many hooks there were for it.
---@field hooks integer
---What each did, in the order of their calls.
---@field calls lunatik.deed[]
---Why it did not happen, where a hook refused it.
---@field refused string?
---@field [string] any

---What one hook did.
---@class lunatik.deed
---What it was told, as `KEYSYM`.
---@field what string
---@field script string?
---`file:line` of the call that has registered it.
---@field place string?
---@field result integer?
---The name of the result, as `OK`.
---@field verdict string?
---Its error, which is in the log as well.
---@field error string?
---How long it took, in milliseconds.
---@field ms any
---How often it would have slept where it may not.
---@field sleeps integer

---The fields of an event of the keyboard.
---@class lunatik.inject.keyboard
---@field text? string
---@field keys? string[]

---The fields of an event of a terminal.
---@class lunatik.inject.vt
---@field text? string
---@field vc? integer
---@field action? string|string[]

---The fields of an event of a network device.
---@class lunatik.inject.netdev
---@field name string
---@field action string|string[]

---Keys of a US keyboard, for `notifier.keyboard`: those that type `text`, then `keys`, each a name of
---input-event-codes.h, a number or a chord as `LEFTCTRL+C`; with `:down`, `:up` or `:repeat` no more than that.
---@param fields lunatik.inject.keyboard
---@return lunatik.injected
function inject.keyboard(fields) end

---A virtual terminal, for `notifier.vterm`: the actions (`allocate`, `deallocate`, `update`), then `text` is written on
---it.
---@param fields lunatik.inject.vt
---@return lunatik.injected
function inject.vt(fields) end

---A network device, for `notifier.netdevice`: the actions `register`, `up`, `down`, `unregister`, or events of
---`linux.netdev`.
---@param fields lunatik.inject.netdev
---@return lunatik.injected
function inject.netdev(fields) end

---The fields of an event of a packet. It is given as `hex` digits, or made of its fields.
---@class lunatik.inject.packet
---@field hex? string
---Base64, of many at once.
---@field packets? string[]
---The same in one text: base64 of the packets one after another, each behind its length (`string.pack(">s4", ...)`).
---@field frames? string
---A DNS query for a name.
---@field dns? string
---`10.0.0.1:53`, `[::1]:53`.
---@field src? string
---@field dst? string
---`udp`, `tcp`, `icmp` or a number.
---@field proto? string|integer
---@field flags? string
---@field payload? string
---Where, as `PRE_ROUTING`.
---@field hook? string|string[]
---@field pf? string
---@field link? string
---@field dev? string
---@field mark? integer
---@field connmark? integer
---@field notrack? boolean

---A packet, for `netfilter.register`. The result has its `verdict`, its bytes where they have `changed`, and what was
---`sent`.
---@param fields lunatik.inject.packet
---@return lunatik.injected
function inject.packet(fields) end

---The fields of hits of a symbol.
---@class lunatik.inject.probe
---@field symbol string
---The arguments of the function, at most 6.
---@field args? integer[]
---Registers by name, as `ax`.
---@field regs? table
---@field times? integer

---A hit of a symbol, for `probe.new`.
---@param fields lunatik.inject.probe
---@return lunatik.injected
function inject.probe(fields) end

---The fields of system calls.
---@class lunatik.inject.syscall
---@field name string|string[]
---@field args? integer[]
---@field regs? table

---System calls, one after the other, for `probe.new` of their addresses, and of `__x64_sys_NAME`.
---@param fields lunatik.inject.syscall
---@return lunatik.injected
function inject.syscall(fields) end

---A HID device: a new one, or with `id` one that was kept.
---@class lunatik.inject.hid
---@field vendor? integer
---@field product? integer
---3 by default, USB.
---@field bus? integer
---@field version? integer
---1 by default, as most devices have.
---@field group? integer
---@field name? string
---The report descriptor in hexadecimal digits.
---@field descriptor? string
---The reports that it sends, each in hexadecimal digits.
---@field reports? string[]
---Whether it stays connected: then the answer has its `id`.
---@field keep? boolean
---@field id? integer

---A HID device and its reports, for `hid.register`.
---@param fields lunatik.inject.hid
---@return lunatik.injected
function inject.hid(fields) end

---The fields of packets for XDP: those of one packet, or `packets`.
---@class lunatik.inject.xdp: lunatik.inject.packet
---The script that is called; by default the one that has called `xdp.attach`.
---@field script? string
---Its argument in hexadecimal digits; `payload` is where the payload of TCP or UDP begins, of 16 bits.
---@field arg? string
---On which CPU; by default by the packet's addresses and ports.
---@field cpu? integer

---Packets, for `xdp.attach`.
---@param fields lunatik.inject.xdp
---@return lunatik.injected
function inject.xdp(fields) end

---A BPF map: makes one where it has a `type`.
---@class lunatik.inject.map
---@field path string
---`hash`, `array`, `lru_hash`, `queue`, `stack`.
---@field type? string
---The size of its keys, in bytes.
---@field key? integer
---@field value? integer
---@field entries? integer
---Entries, `KEY=VALUE` in hexadecimal digits, or `VALUE` for a queue.
---@field set? string|string[]
---@field delete? string|string[]
---@field unpin? boolean

---A map, for the module `bpf`. The result `has` its entries.
---@param fields lunatik.inject.map
---@return lunatik.injected
function inject.map(fields) end

---The fields of frames on the wire: those of one packet, or `packets`; none to ask what was sent.
---@class lunatik.inject.wire: lunatik.inject.packet

---Frames, for sockets of `socket.raw`. The result has the `verdict` (`HEARD`, `UNHEARD`, `LOST`), and what scripts have
---`sent` on the wire since the last time.
---@param fields lunatik.inject.wire
---@return lunatik.injected
function inject.wire(fields) end

---An event as JSON, an object with `event` and its fields.
---@param text string
---@return string injected JSON
function inject.json(text) end

return inject
