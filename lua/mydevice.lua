-- The script of the document "Lunatik C API": each read gives 42, however often one reads, so a cat of the device
-- goes on until it is interrupted.
function myread(len, off)
	return "42"
end

-- Its twin for write(2): tells the log what came.
function mywrite(buf, off)
	print("mywrite", #buf, off, (buf:sub(1, 40)))
end
