---@meta probe

---Probes of the kernel's functions: luaprobe.c. Here hits are injected: `lunatik inject probe` and `syscall`.
---@class lunatik.probe.lib
local probe = {}

---A probe, which lives until it is stopped or its script is.
---@class lunatik.probe: userdata
local object = {}

---Takes the probe away.
function object:stop() end

---Whether it hears of hits. Raises `null pointer dereference` once it is stopped.
---@param flag boolean
function object:enable(flag) end

---What hears of a hit, before and after the instruction: of the symbol or address, and a function that logs the registers
---while it runs.
---@class lunatik.probe.handlers
---@field pre? fun(symbol: string|lightuserdata, dump: fun())
---@field post? fun(symbol: string|lightuserdata, dump: fun())

---Probes a function of the kernel, by its name or by an address of `syscall`. Any name is taken here.
---
---For a hardirq runtime: raises `runtime context mismatch` in any other. Raises `failed to register probe (-2)` for what is
---no symbol.
---@param symbol string|lightuserdata
---@param handlers lunatik.probe.handlers
---@return lunatik.probe
function probe.new(symbol, handlers) end

return probe
