/**
 * Decodes a query; no other code does. `+` is a plus sign, `%XX` is UTF-8, and each name occurs once. Returns undefined
 * when the query is malformed, repeats a name, or has more than 100 names. A repeated name is refused, because two
 * readers could take different values for it.
 */
export function decodeQuery(rawQuery: string): Readonly<Record<string, string>> | undefined {
  if (rawQuery === '') return NOTHING;
  const query = Object.create(null) as Record<string, string>;
  const pairs = rawQuery.split('&', MAX_PAIRS + 1);
  if (pairs.length > MAX_PAIRS) return undefined;
  for (const pair of pairs) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    try {
      const name = decodeURIComponent(equals < 0 ? pair : pair.slice(0, equals));
      if (name in query || name === '__proto__') return undefined;
      query[name] = equals < 0 ? '' : decodeURIComponent(pair.slice(equals + 1));
    } catch {
      return undefined;
    }
  }
  return query;
}

const MAX_PAIRS = 100;
const NOTHING = Object.freeze(Object.create(null) as Record<string, string>);
