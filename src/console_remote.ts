// A kernel's side of the console on standard error: see console.ts.
import { type console_printed, printk_bytes, type printk_record } from './printk.js'
import { openOwnTerminal, type Terminal } from './terminal.js'

/** A kernel's side of the console on standard error. */
export class RemoteConsole {
  readonly #terminal = openOwnTerminal(2)
  #direct = this.#terminal !== null

  /** Whether it leaves what comes to the process until it is told to {@link resume}. */
  get waits(): boolean {
    return this.#terminal !== null && !this.#direct
  }

  /** Prints a record, if it may. What it doesn't print, the process has to. */
  print(record: printk_record): console_printed {
    if (!this.#direct) return 0
    const line = printk_bytes(record)
    const n = (this.#terminal as Terminal).write(line)
    if (n === line.length) return 'all'
    this.#direct = false
    return n
  }

  /** The process has printed all that it had. */
  resume(): void {
    this.#direct = this.#terminal !== null
  }
}
