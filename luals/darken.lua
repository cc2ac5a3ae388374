---@meta darken

---Scripts that are encrypted with AES-256 in counter mode: luadarken.c.
---@class lunatik.darken
local darken = {}

---Runs an encrypted script. Raises `IV must be 16 bytes`, `key must be 32 bytes`, and as the script does.
---@param ciphertext string
---@param iv string
---@param key string
---@return any ... what the script returns
function darken.run(ciphertext, iv, key) end

return darken
