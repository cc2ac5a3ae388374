// linux/eventpoll.h: what a driver's poll says is ready. Not on a kernel, whose drivers in Lua have no poll.
import { linux_table } from '../linux_table.js'

linux_table('linux.poll', 'IN=1 PRI=2 OUT=4 ERR=8 HUP=16 RDNORM=64 RDBAND=128 WRNORM=256 WRBAND=512 RDHUP=8192')
