// sd_notify(3): tells systemd, where it has started the command, that programs can use the devices.
import { spawn } from 'node:child_process'
import { printk } from '../printk.js'

/**
 * Does nothing where NOTIFY_SOCKET isn't set. The unit needs `NotifyAccess=all`, as systemd-notify(1) does it: Node has
 * no datagram sockets of that family.
 */
export function sd_notify_ready(env: NodeJS.ProcessEnv = process.env): void {
  if (!env.NOTIFY_SOCKET) return
  const child = spawn('systemd-notify', ['--ready', `--pid=${process.pid}`], { stdio: 'ignore', env })
  child.on('error', (e) => printk('warn', `systemd-notify: ${e.message}: systemd isn't told that the mount is ready`))
}
