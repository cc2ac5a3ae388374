---@meta netfilter

---Hooks on the way of packets: luanetfilter.c. Here packets are injected: `lunatik inject packet`.
---@class lunatik.netfilter.lib
local netfilter = {}

---A hook, which lives until its script is stopped.
---@class lunatik.netfilter: userdata
local object = {}

---What a hook is.
---@class lunatik.netfilter.ops
---Decides on a packet: a verdict of `linux.nf`'s `action`, and optionally the packet's new mark. An error accepts it, nil
---drops it.
---@field hook fun(skb: lunatik.skb): (verdict: integer?, mark: integer?)
---The family, of `linux.nf`'s `proto`; `INET` is IPv4 and IPv6.
---@field pf integer
---Where, as `linux.nf`'s `inet.PRE_ROUTING`.
---@field hooknum integer
---The lowest comes first: `linux.nf`'s `ip.pri`.
---@field priority integer
---Of packets with this mark alone; 0 by default.
---@field mark? integer

---Registers a hook.
---
---For a softirq runtime: raises `runtime context mismatch` in any other. Raises `bad field 'pf' (number expected, got U)`,
---`failed to register netfilter hook` for a place that there isn't.
---@param ops lunatik.netfilter.ops
---@return lunatik.netfilter
function netfilter.register(ops) end

return netfilter
