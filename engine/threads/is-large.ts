/** Data of at least this many bytes or characters is processed in a thread. */
export const LARGE_FROM = 128 * 1024;

/**
 * Returns whether data is large enough for a thread, by the length of its text. Stops as soon as the result is certain.
 */
export function isLarge(data: unknown): boolean {
  let left = LARGE_FROM;
  const open: unknown[] = [data];
  while (open.length > 0) {
    const value = open.pop();
    left -= typeof value === 'string' ? value.length + 2 : 2;
    if (left < 0 || (Array.isArray(value) && value.length > left)) return true;
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) continue;
    for (const [name, field] of Object.entries(value)) {
      if (!Array.isArray(value)) left -= name.length + 2;
      open.push(field);
    }
  }
  return false;
}
