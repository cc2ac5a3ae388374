// asm-generic/fcntl.h: open(2)'s flags, for `self.caller.flags`. Not on a kernel, whose drivers in Lua aren't told of
// them.
import { linux_table } from '../linux_table.js'

linux_table(
  'linux.fcntl',
  'O_RDONLY=0 O_WRONLY=1 O_RDWR=2 O_ACCMODE=3 O_APPEND=1024 O_NONBLOCK=2048 O_DSYNC=4096 O_DIRECT=16384',
)
