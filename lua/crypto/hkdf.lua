-- HKDF, the key derivation of RFC 5869, over the HMACs of the module crypto.
local shash = require("crypto").shash

local HKDF = {}
HKDF.__index = HKDF

-- A derivation by a hash, for example "sha256".
function HKDF.new(alg)
	local tfm = shash("hmac(" .. alg .. ")")
	return setmetatable({ tfm = tfm, salt = ("\0"):rep(tfm:digestsize()) }, HKDF)
end

-- Gives the HMAC's transform up.
function HKDF:close()
	self.tfm:__close()
end

HKDF.__close = HKDF.close

-- How long a digest is.
function HKDF:__len()
	return self.tfm:digestsize()
end

function HKDF:hmac(key, data)
	self.tfm:setkey(key)
	return self.tfm:digest(data)
end

-- The first step: a key of a digest's length. Without a salt that is zeros.
function HKDF:extract(salt, ikm)
	return self:hmac(salt or self.salt, ikm)
end

-- The second: as many bytes as wanted, of 255 digests at most.
function HKDF:expand(prk, info, length)
	local size = #self
	local blocks, block = {}, ""
	for i = 1, (length + size - 1) // size do
		block = self:hmac(prk, block .. (info or "") .. string.char(i))
		blocks[i] = block
	end
	return table.concat(blocks):sub(1, length)
end

-- Both.
function HKDF:hkdf(salt, ikm, info, length)
	return self:expand(self:extract(salt, ikm), info, length)
end

return HKDF
