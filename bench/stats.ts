// Medians of interleaved rounds. Only what ran in the same round is compared: a slow spell of the machine then weighs
// on both sides.

/** How one contender compares to another: the median, least and largest ratio of one round. */
export interface Ratio {
  readonly ratio: number
  readonly min: number
  readonly max: number
}

/** What one contender took, and its ratio to the contender that all are compared to. */
export interface Timing extends Ratio {
  /** The median over the rounds, in nanoseconds. */
  readonly ns: number
  /** Each round's, in nanoseconds. */
  readonly rounds: readonly number[]
}

/** What several contenders took in the same rounds. */
export type Comparison<Name extends string> = Readonly<Record<Name, Timing>>

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

/** Compares what two contenders took in the same rounds. */
export function ratioOf(own: readonly number[], base: readonly number[]): Ratio {
  const ratios = own.map((ns, round) => ns / (base[round] ?? Number.NaN))
  return { ratio: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) }
}

/**
 * Times `contenders` against each other, the order turned around from round to round.
 * @param rounds how many rounds count
 * @param warmups how many rounds come before them
 * @param base what the others are compared to
 * @param contenders each gives the nanoseconds of one operation
 */
export async function compare<Name extends string>(
  rounds: number,
  warmups: number,
  base: NoInfer<Name>,
  contenders: Readonly<Record<Name, () => number | Promise<number>>>,
): Promise<Comparison<Name>> {
  const names = Object.keys(contenders) as Name[]
  const times = new Map<Name, number[]>(names.map((name) => [name, []]))
  for (let round = -warmups; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const ns = await contenders[name]()
      if (round >= 0) times.get(name)?.push(ns)
    }
    // Signals are seen between rounds, also where no contender waits.
    await new Promise((resolve) => setImmediate(resolve))
  }
  const baseTimes = times.get(base) ?? []
  const timing = (own: readonly number[]): Timing => ({ ns: median(own), rounds: own, ...ratioOf(own, baseTimes) })
  return Object.fromEntries([...times].map(([name, own]) => [name, timing(own)])) as Record<Name, Timing>
}
