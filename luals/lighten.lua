---@meta lighten

---Encrypted scripts whose key is what the module `light` returns, as hexadecimal digits. Upstream's tool shade.sh writes
---both.
---@class lunatik.lighten
local lighten = {}

---Runs an encrypted script: its bytes and the initialization vector are hexadecimal digits.
---@param ciphertext string
---@param iv string
---@return any ... what the script returns
function lighten.run(ciphertext, iv) end

return lighten
