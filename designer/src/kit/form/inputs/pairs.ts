/** A record of texts as editable rows. Pure. */
import { isAnyName } from '../../../../../engine/contract/values/named-values.ts';

export type Pair = readonly [name: string, value: string];

export function pairsOf(record: Readonly<Record<string, unknown>>): Pair[] {
  return Object.entries(record).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]);
}

/**
 * Returns the rows as a record. Leaves out rows whose name is empty or not allowed by the schema. Of rows with the same
 * name, only the first is used.
 */
export function recordOf(pairs: readonly Pair[], pattern?: string): Readonly<Record<string, string>> {
  const allowed = pattern === undefined || isAnyName(pattern) ? undefined : new RegExp(pattern, 'u');
  const fit = pairs.filter(([name], index) => {
    const isFirst = pairs.findIndex(([other]) => other === name) === index;
    return name !== '' && name !== '__proto__' && isFirst && allowed?.test(name) !== false;
  });
  return Object.fromEntries(fit);
}
