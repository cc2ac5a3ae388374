// linux.kbd. Events of the keyboard notifier: linux/notifier.h, KBD_*.
import { linux_table } from '../linux_table.js'

linux_table(
  'linux.kbd',
  `
  KEYCODE=1 KEYSYM=4 POST_KEYSYM=5 UNBOUND_KEYCODE=2 UNICODE=3
`,
)
