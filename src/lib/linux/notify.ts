// linux.notify. Return codes of notifiers: linux/notifier.h, NOTIFY_*.
import { linux_table } from '../linux_table.js'

linux_table(
  'linux.notify',
  `
  BAD=32770 DONE=0 OK=1 STOP=32769 STOP_MASK=32768
`,
)
