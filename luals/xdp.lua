---@meta xdp

---Callbacks for packets, which an XDP program calls by the script's name: luaxdp.c. Here packets are injected: `lunatik
---inject xdp`. A kernel before 6.4 has none of these functions.
---@class lunatik.xdp
local xdp = {}

---Has a callback decide on packets: a verdict of `linux.xdp`. It gets the packet from the Ethernet header on, which it may
---change, and what the program gives it. Another call replaces it.
---
---For a softirq runtime: raises `runtime context mismatch` in any other.
---@param callback fun(buffer: lunatik.data, argument: lunatik.data): integer
function xdp.attach(callback) end

---Takes the callback away.
function xdp.detach() end

return xdp
