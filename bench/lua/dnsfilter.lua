-- docs/inject.md's filter of DNS queries, which packets.c runs as well.
local nf, ntoh16 = require("linux.nf"), require("byteorder").ntoh16
local blocked = { ["ads.example.org"] = true }

-- The name of a DNS query that begins at an offset.
local function name(packet, at)
  local labels = {}
  while packet:getuint8(at) > 0 do
    local length = packet:getuint8(at)
    table.insert(labels, packet:getstring(at + 1, length))
    at = at + 1 + length
  end
  return table.concat(labels, ".")
end

local function filter(skb)
  local packet = skb:data()
  local udp = (packet:getuint8(0) & 15) * 4
  if packet:getuint8(9) ~= 17 or ntoh16(packet:getuint16(udp + 2)) ~= 53 then return nf.action.ACCEPT end
  return blocked[name(packet, udp + 20)] and nf.action.DROP or nf.action.ACCEPT
end

require("netfilter").register{
  hook = filter, pf = nf.proto.IPV4, hooknum = nf.inet.LOCAL_OUT, priority = nf.ip.pri.FILTER,
}
