/** Lets real I/O go on until `isDone`, at most `limitMs` of real time. For what only a store's own threads can bring about. */
export async function eventually(isDone: () => boolean | Promise<boolean>, limitMs = 5000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await isDone())) {
    if (Date.now() > end) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
