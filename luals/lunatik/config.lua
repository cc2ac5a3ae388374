---@meta lunatik.config

---What this Lunatik was built with.
---@class lunatik.config
local config = {}

---The running kernel's version, for example `"6.1.0-56-amd64"`.
---@type string
config.kernel_version = nil

---The modules that there are, for example `"luadevice"`, in the order in which they are loaded.
---@type string[]
config.modules = nil

return config
