// linux.errno. Error numbers, positive: uapi/linux/errno.h. Later kernels have the table, the recorded one has not;
// here it also has linux/errno.h's numbers, which linux.errname knows as well.
import * as errno from '../../errno.js'
import { linux_table } from '../linux_table.js'

linux_table(
  'linux.errno',
  Object.entries(errno)
    .map(([name, number]) => `${name}=${number}`)
    .join(' '),
)
