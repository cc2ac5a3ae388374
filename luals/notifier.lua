---@meta notifier

---Hooks in the kernel's chains of notifiers: keys, terminals, network devices. luanotifier.c. Here events are injected:
---`lunatik inject`.
---@class lunatik.notifier.lib
local notifier = {}

---A notifier, which lives until its script is stopped. It can't be given to another runtime.
---@class lunatik.notifier: userdata
local object = {}

---The callback hears of nothing any more. Works in any context, and again.
function object:stop() end

---Has the callback hear of keys, also of those that it stops: `event` is one of `linux.kbd`, `shift` whether a modifier
---is held, `value` a keycode or a keysym. The result is one of `linux.notify`; `STOP` keeps the key from the console.
---
---For a hardirq runtime: raises `runtime context mismatch` in any other.
---@param callback fun(event: integer, down: boolean, shift: boolean, value: integer): (status: integer?)
---@return lunatik.notifier
function notifier.keyboard(callback) end

---Has the callback hear of virtual terminals: `event` is one of `linux.vt`, `c` a character, `vc_num` the terminal's
---number. The result is one of `linux.notify`.
---
---For a hardirq runtime: raises `runtime context mismatch` in any other.
---@param callback fun(event: integer, c: integer, vc_num: integer): (status: integer?)
---@return lunatik.notifier
function notifier.vterm(callback) end

---Has the callback hear of network devices: `event` is one of `linux.netdev`, `name` as `eth0`. Of those that are there
---it hears at once. The result is one of `linux.notify`; `BAD` refuses a device that comes, or that is to go up.
---
---For a process runtime: raises `'notifier': process-context class in interrupt-context runtime` in any other. Raises
---`couldn't create notifier` where the callback refuses a device that is there.
---@param callback fun(event: integer, name: string): (status: integer?)
---@return lunatik.notifier
function notifier.netdevice(callback) end

return notifier
