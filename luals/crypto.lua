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

---A cipher.
---@class lunatik.crypto_skcipher: userdata
local skcipher = {}

---The algorithm's name, for example `"cbc(aes)"`.
---@return string
function skcipher:algname() end

---Sets the key. Raises `EINVAL` for a key that is none.
---@param key string
function skcipher:setkey(key) end

---How long an IV is, in bytes.
---@return integer
function skcipher:ivsize() end

---How long a block is, in bytes: 1 for a cipher that takes any number of them.
---@return integer
function skcipher:blocksize() end

---Encrypts. Raises `EINVAL` for an IV or data of a wrong length, `ENOKEY`.
---@param iv string
---@param data string
---@return string encrypted as many bytes
function skcipher:encrypt(iv, data) end

---Decrypts. Raises `EINVAL` for an IV or data of a wrong length, `ENOKEY`.
---@param iv string
---@param data string
---@return string decrypted as many bytes
function skcipher:decrypt(iv, data) end

---A cipher with authentication.
---@class lunatik.crypto_aead: userdata
local aead = {}

---The algorithm's name, for example `"gcm(aes)"`.
---@return string
function aead:algname() end

---Sets the key. Raises `EINVAL` for a key that is none.
---@param key string
function aead:setkey(key) end

---Sets how long tags are. Raises `EINVAL` for a length that the algorithm hasn't, `out of bounds`.
---@param size integer in bytes
function aead:setauthsize(size) end

---How long an IV is, in bytes.
---@return integer
function aead:ivsize() end

---How long tags are, in bytes.
---@return integer
function aead:authsize() end

---Encrypts. Raises `EINVAL` for an IV or associated data of a wrong length, `EOVERFLOW` for data too long for the IV of
---CCM, `ENOKEY`.
---@param iv string
---@param data string
---@param aad? string what is to be authentic as well
---@return string encrypted the data and their tag
function aead:encrypt(iv, data, aad) end

---Decrypts. Raises `EBADMSG` where the data aren't authentic, and what `encrypt` raises.
---@param iv string
---@param data string the encrypted data and their tag
---@param aad? string
---@return string decrypted
function aead:decrypt(iv, data, aad) end

---A generator of random bytes. Here they are OpenSSL's, and no seed matters.
---@class lunatik.crypto_rng: userdata
local rng = {}

---The algorithm's name, for example `"stdrng"`.
---@return string
function rng:algname() end

---Gives random bytes. Raises `out of bounds` for less than 1.
---@param n integer
---@param seed? string
---@return string
function rng:generate(n, seed) end

---Gives random bytes. Raises `out of bounds` for less than 1.
---@param n integer
---@return string
function rng:getbytes(n) end

---Seeds the generator.
---@param seed? string
function rng:reset(seed) end

---What the generator is: `driver_name`, and `seedsize` in bytes.
---@return table
function rng:info() end

---A compression.
---@class lunatik.crypto_comp: userdata
local comp = {}

---Compresses. Here others go on while long data are deflated. Raises `EINVAL` where more than `max_len` bytes would
---come of it, `out of bounds` for no data.
---@param data string
---@param max_len integer at least 1
---@return string compressed
function comp:compress(data, max_len) end

---Decompresses. Raises `EINVAL` for what was never compressed, or where more than `max_len` bytes would come of it,
---`out of bounds` for no data.
---@param data string
---@param max_len integer at least 1
---@return string decompressed
function comp:decompress(data, max_len) end

---Makes a hash. Raises `ENOENT` for an algorithm that isn't there.
---@param algname string `"sha256"`, `"hmac(sha512)"`, `"cmac(aes)"`, `"crc32c"` and so on
---@return lunatik.crypto_shash
function crypto.shash(algname) end

---Makes a cipher. Raises `ENOENT` for an algorithm that isn't there.
---@param algname string `"cbc(aes)"`, `"xts(aes)"`, `"chacha20"` and so on
---@return lunatik.crypto_skcipher
function crypto.skcipher(algname) end

---Makes a cipher with authentication. Raises `ENOENT` for an algorithm that isn't there.
---@param algname string `"gcm(aes)"`, `"rfc7539(chacha20,poly1305)"` and so on
---@return lunatik.crypto_aead
function crypto.aead(algname) end

---Makes a generator. Raises `ENOENT` for an algorithm that isn't there.
---@param algname? string `"stdrng"` by default
---@return lunatik.crypto_rng
function crypto.rng(algname) end

---Makes a compression. Raises `ENOENT` for an algorithm that isn't there. Kernels from Linux 6.15 on have none.
---@param algname string `"deflate"`, `"lz4"` and so on
---@return lunatik.crypto_comp
function crypto.comp(algname) end

return crypto
