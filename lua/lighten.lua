-- Encrypted scripts, whose key is what the module `light` returns: upstream's tool shade.sh writes both.
local light = require("light")
local darken = require("darken")
local hex2bin = require("util").hex2bin

local lighten = {}

-- Runs a script that is encrypted, and gives what it returns. Its bytes and the initialization vector are hexadecimal
-- digits.
function lighten.run(ciphertext, iv)
	return darken.run(hex2bin(ciphertext), hex2bin(iv), hex2bin(light))
end

return lighten
