// The resident memory of a server over time: once it is warm it must stay level.
import { residentMiB } from './soak_server.js'

/** How much it may grow once it is warm: so many MiB and such a part. */
const growthMiB = 24
const growthPart = 0.1
/** What part of the time warms up, and what part each of the compared medians takes. */
const warmPart = 0.3
const medianPart = 0.2

const median = (samples: readonly number[]) => [...samples].sort((a, b) => a - b)[samples.length >> 1] ?? Number.NaN

/** Samples of one process. */
export class Memory {
  readonly #pid: number
  readonly #samples: number[] = []

  constructor(pid: number) {
    this.#pid = pid
  }

  sample(): void {
    this.#samples.push(residentMiB(this.#pid))
  }

  /** What the samples say, and whether that is too much. */
  verdict(): { readonly text: string; readonly grown: boolean } {
    const samples = this.#samples
    const at = (part: number) => Math.floor(samples.length * part)
    const before = median(samples.slice(at(warmPart), at(warmPart + medianPart)))
    const after = median(samples.slice(at(1 - medianPart)))
    const most = before * (1 + growthPart) + growthMiB
    const [warm, end, limit, peak] = [before, after, most, Math.max(...samples)].map((mib) => mib.toFixed(0))
    return {
      text: `${warm} MiB once warm, ${end} at the end (at most ${limit}), peak ${peak}`,
      grown: !(after <= most),
    }
  }
}
