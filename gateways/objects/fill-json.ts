import type { JsonStep } from '../documents/object-locator.ts';
import { decodeUtf8 } from '../content/media.ts';
import { planJson } from './plan-json.ts';
import { walkJson } from './walk-json.ts';

/** A value, as JSON, for each place where a locator finds none. */
export interface JsonFill {
  readonly steps: readonly JsonStep[];
  readonly value: string;
}

/** Fills values into a JSON body. All other text stays as it is. Returns undefined if there is no place for a value. */
export function fillJson(body: Uint8Array, fills: readonly JsonFill[]): Uint8Array | undefined {
  let text = decodeUtf8(body);
  for (const { steps, value } of fills) text = text === undefined ? undefined : fillIn(text, steps, value);
  return text === undefined ? undefined : Buffer.from(text);
}

function fillIn(text: string, steps: readonly JsonStep[], value: string): string | undefined {
  const walks = walkJson(text, planJson([steps], true));
  const holes = 'fault' in walks ? [] : walks[0]!.leaves.filter((leaf) => leaf.value === undefined);
  const pieces: string[] = [];
  let from = 0;
  for (const { start, end, fill } of holes) {
    if (fill === undefined) return undefined;
    pieces.push(text.slice(from, start), fill.before, value, fill.after);
    from = end;
  }
  return holes.length === 0 ? undefined : pieces.join('') + text.slice(from);
}
