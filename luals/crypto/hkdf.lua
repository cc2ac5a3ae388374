---@meta crypto.hkdf

---HKDF, the key derivation of RFC 5869, over the HMACs of `crypto`.
---Derivations look their methods up here.
---@class lunatik.crypto.hkdf
---@field close fun(self: lunatik.hkdf)
---@field hmac fun(self: lunatik.hkdf, key: string, data: string): string
---@field extract fun(self: lunatik.hkdf, salt: string?, ikm: string): string
---@field expand fun(self: lunatik.hkdf, prk: string, info: string?, length: integer): string
---@field hkdf fun(self: lunatik.hkdf, salt: string?, ikm: string, info: string?, length: integer): string
local HKDF = {}

---A derivation. `#hkdf` is how long its hash's digests are. It can be a `<close>` variable.
---@class lunatik.hkdf
---@field tfm lunatik.crypto_shash
---@field salt string the zeros that stand for no salt
---@field new fun(alg: string): lunatik.hkdf
---@operator len: integer
local hkdf = {}

---Gives the HMAC's transform up.
function hkdf:close() end

---The HMAC of data.
---@param key string
---@param data string
---@return string
function hkdf:hmac(key, data) end

---The first step: the pseudorandom key.
---@param salt? string
---@param ikm string the key's material
---@return string prk
function hkdf:extract(salt, ikm) end

---The second step. Raises `value out of range` for more than 255 digests.
---@param prk string
---@param info? string
---@param length integer how many bytes are wanted
---@return string
function hkdf:expand(prk, info, length) end

---Both steps.
---@param salt? string
---@param ikm string
---@param info? string
---@param length integer
---@return string
function hkdf:hkdf(salt, ikm, info, length) end

---Makes a derivation. Raises `ENOENT` for a hash that isn't there.
---@param alg string for example `"sha256"`
---@return lunatik.hkdf
function HKDF.new(alg) end

return HKDF
