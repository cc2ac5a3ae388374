-- A table as a class: class{} gives it the method `new`, which makes objects of it, or classes derived from it.
local function new(self, object)
	self.__index = self
	self.__close = self.close
	return setmetatable(object or {}, self)
end

return function(class)
	class = class or {}
	class.new = new
	return class
end
