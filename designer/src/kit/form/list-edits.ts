/** Functions that edit a list and return a new list. Pure. */

export function moved<T>(items: readonly T[], from: number, to: number): T[] {
  const next = [...items];
  next.splice(to, 0, ...next.splice(from, 1));
  return next;
}

export function without<T>(items: readonly T[], index: number): T[] {
  return items.filter((_item, at) => at !== index);
}

export function replaced<T>(items: readonly T[], index: number, item: T): T[] {
  return items.map((old, at) => (at === index ? item : old));
}

/**
 * Returns the first unused name `stem-2`, `stem-3` and so on. The program names the ports of branches; authors only
 * write their labels.
 */
export function freePortName(taken: readonly string[], stem: string): string {
  for (let number = taken.length + 1; ; number += 1) {
    const name = `${stem}-${number}`;
    if (!taken.includes(name)) return name;
  }
}
