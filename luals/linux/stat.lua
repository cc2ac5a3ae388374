---@meta linux.stat

-- Written by `make luals` from src/lib/linux/stat.ts.

---File modes: linux/stat.h, S_*.
---@class lunatik.linux.stat
local stat = {
	IALLUGO = 4095,
	IFBLK = 24576,
	IFCHR = 8192,
	IFDIR = 16384,
	IFIFO = 4096,
	IFLNK = 40960,
	IFMT = 61440,
	IFREG = 32768,
	IFSOCK = 49152,
	IRGRP = 32,
	IROTH = 4,
	IRUGO = 292,
	IRUSR = 256,
	IRWXG = 56,
	IRWXO = 7,
	IRWXU = 448,
	IRWXUGO = 511,
	ISGID = 1024,
	ISUID = 2048,
	ISVTX = 512,
	IWGRP = 16,
	IWOTH = 2,
	IWUGO = 146,
	IWUSR = 128,
	IXGRP = 8,
	IXOTH = 1,
	IXUGO = 73,
	IXUSR = 64,
}

return stat
