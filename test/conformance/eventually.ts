/** Far above what anything takes, on a machine that has much else to do. */
const PATIENCE_MS = 30_000;

/** Lets real I/O continue until `isDone`, at most `limitMs` of real time. For results that only the store's own threads produce. */
export async function eventually(isDone: () => boolean | Promise<boolean>, limitMs = PATIENCE_MS): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await isDone())) {
    if (Date.now() > end) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
