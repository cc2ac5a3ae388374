// linux.xdp. XDP verdicts: uapi/linux/bpf.h, XDP_*.
import { linux_table } from '../linux_table.js'

linux_table(
  'linux.xdp',
  `
  ABORTED=0 DROP=1 PACKET_HEADROOM=256 PASS=2 REDIRECT=4 TX=3
`,
)
