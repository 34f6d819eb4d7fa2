/**
 * Milliseconds that this thread computes during `work`. A busy machine does not change them, as it changes the time by the clock.
 */
export async function cpuMsOf<T>(work: () => T | Promise<T>): Promise<[ms: number, result: Awaited<T>]> {
  const before = process.threadCpuUsage();
  const result = await work();
  const { user, system } = process.threadCpuUsage(before);
  return [(user + system) / 1000, result];
}
