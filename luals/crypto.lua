---@meta crypto

---A kernel's cryptography, by its names of algorithms; the machine's OpenSSL does the work. luacrypto_core.c.
---Every error is an errno's name, as a bare string.
---@class lunatik.crypto
local crypto = {}

---A message digest, an HMAC, a CMAC or a checksum. A new one has begun, and so has one that has given its digest.
---@class lunatik.crypto_shash: userdata
local shash = {}

---The algorithm's name, for example `"sha256"`.
---@return string
function shash:algname() end

---How long a digest is, in bytes.
---@return integer
function shash:digestsize() end

---Sets the key. Raises `EINVAL` for a key that is none, `ENOSYS` where the algorithm has no keys.
---@param key string
function shash:setkey(key) end

---The digest of data. What had been hashed before is forgotten. Raises `ENOKEY` without the key that is needed.
---@param data string
---@return string
function shash:digest(data) end

---Begins anew. Raises `ENOKEY`.
function shash:init() end

---Adds data. Raises `ENOKEY`.
---@param data string
function shash:update(data) end

---The digest of all since `init`. Raises `ENOKEY`.
---@return string
function shash:final() end

---`update` and `final` in one. Raises `ENOKEY`.
---@param data string
---@return string
function shash:finup(data) end

---The state of what is hashed, which goes on. Here a state is a name for what the server keeps of it, the last 4096 of
---all scripts; those of checksums and CMACs are whole. Raises `ENOKEY`.
---@return string state
function shash:export() end

---Goes on from a state of the same algorithm, as often as wanted. Raises `EINVAL` for any other, `ENOKEY`.
---@param state string
function shash:import(state) end

---Makes a hash. Raises `ENOENT` for an algorithm that isn't there.
---@param algname string `"sha256"`, `"hmac(sha512)"`, `"cmac(aes)"`, `"crc32c"` and so on
---@return lunatik.crypto_shash
function crypto.shash(algname) end

return crypto
