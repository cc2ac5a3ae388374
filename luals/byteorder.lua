---@meta byteorder

---Words in the byte order of the machine and in others: asm/byteorder.h. luabyteorder.c.
---
---The upper bits of an argument are dropped; 16 and 32 bits come out unsigned.
---@class lunatik.byteorder
local byteorder = {}

---From the machine's order to the network's, 16 bits.
---@param n integer
---@return integer
function byteorder.hton16(n) end

---From the network's order to the machine's, 16 bits.
---@param n integer
---@return integer
function byteorder.ntoh16(n) end

---From the machine's order to big-endian, 16 bits.
---@param n integer
---@return integer
function byteorder.htobe16(n) end

---From the machine's order to little-endian, 16 bits.
---@param n integer
---@return integer
function byteorder.htole16(n) end

---From big-endian to the machine's order, 16 bits.
---@param n integer
---@return integer
function byteorder.be16toh(n) end

---From little-endian to the machine's order, 16 bits.
---@param n integer
---@return integer
function byteorder.le16toh(n) end

---From the machine's order to the network's, 32 bits.
---@param n integer
---@return integer
function byteorder.hton32(n) end

---From the network's order to the machine's, 32 bits.
---@param n integer
---@return integer
function byteorder.ntoh32(n) end

---From the machine's order to big-endian, 32 bits.
---@param n integer
---@return integer
function byteorder.htobe32(n) end

---From the machine's order to little-endian, 32 bits.
---@param n integer
---@return integer
function byteorder.htole32(n) end

---From big-endian to the machine's order, 32 bits.
---@param n integer
---@return integer
function byteorder.be32toh(n) end

---From little-endian to the machine's order, 32 bits.
---@param n integer
---@return integer
function byteorder.le32toh(n) end

---From the machine's order to the network's, 64 bits.
---@param n integer
---@return integer
function byteorder.hton64(n) end

---From the network's order to the machine's, 64 bits.
---@param n integer
---@return integer
function byteorder.ntoh64(n) end

---From the machine's order to big-endian, 64 bits.
---@param n integer
---@return integer
function byteorder.htobe64(n) end

---From the machine's order to little-endian, 64 bits.
---@param n integer
---@return integer
function byteorder.htole64(n) end

---From big-endian to the machine's order, 64 bits.
---@param n integer
---@return integer
function byteorder.be64toh(n) end

---From little-endian to the machine's order, 64 bits.
---@param n integer
---@return integer
function byteorder.le64toh(n) end

return byteorder
