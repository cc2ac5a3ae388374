// How much work something is, for tests that hold that it ends soon: a busy machine makes it no more.

/** How long this process has had a processor while `f` ran, in milliseconds. */
export async function processorTime(f: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await f()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
