/** Documents and answers that are small to send and dear to read. A kind makes as many different ones as it is asked for. */
import { createRandom, type Random } from './random.ts';

export interface Bomb<Load = unknown> {
  /** Kind, what it is, and its number: `schema doubling 17`. */
  readonly name: string;
  /** Among those of its kind. */
  readonly number: number;
  readonly load: Load;
}

/** What a kind is made of: the name of a trick, and how it is done. */
export type Tricks<Load> = Readonly<Record<string, (random: Random) => Load>>;

/** `count` bombs, each trick in its turn; their sizes follow from the seed. */
export function makeBombs<Load>(kind: string, tricks: Tricks<Load>, count: number, seed: number): Bomb<Load>[] {
  const names = Object.keys(tricks);
  return Array.from({ length: count }, (_, index) => {
    const trick = names[index % names.length]!;
    return { name: `${kind} ${trick} ${index}`, number: index, load: tricks[trick]!(createRandom(seed * 1000 + index)) };
  });
}
