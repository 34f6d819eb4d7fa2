/** A record of texts as rows that a person edits. Pure. */
import { isAnyName } from '../../../../../engine/contract/values/named-values.ts';

export type Pair = readonly [name: string, value: string];

export function pairsOf(record: Readonly<Record<string, unknown>>): Pair[] {
  return Object.entries(record).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]);
}

/** Rows without a name, with one that stands above already, or with one that the schema does not allow are left out. */
export function recordOf(pairs: readonly Pair[], pattern?: string): Readonly<Record<string, string>> {
  const allowed = pattern === undefined || isAnyName(pattern) ? undefined : new RegExp(pattern, 'u');
  const fit = pairs.filter(([name], index) => {
    const isFirst = pairs.findIndex(([other]) => other === name) === index;
    return name !== '' && name !== '__proto__' && isFirst && allowed?.test(name) !== false;
  });
  return Object.fromEntries(fit);
}
