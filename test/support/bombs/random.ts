/** The same numbers for the same seed on every machine (mulberry32), so that a bomb that did harm can be made again. */
export interface Random {
  /** A whole number, both ends included. */
  int(least: number, most: number): number;
  pick<T>(list: readonly T[]): T;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return { int, pick: (list) => list[int(0, list.length - 1)]! };
}

export const repeat = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
export const joined = (count: number, make: (index: number) => string): string => repeat(count, make).join('');
/** `text` again and again, up to this length. */
export const filled = (text: string, length: number): string => text.repeat(Math.ceil(length / text.length)).slice(0, length);
/** Wraps a value in itself so many times. */
export function nested<T>(levels: number, core: T, wrap: (inner: T, level: number) => T): T {
  let value = core;
  for (let level = 0; level < levels; level++) value = wrap(value, level);
  return value;
}
