/** Conditions of the tables: `IF PV1-2.1 NOT EQUALS "P" AND PV1-45 NOT VALUED`. */

/** Reads a place such as `PID-7`, `CX.5` or `OBX-5.3`; undefined if it has no value. Also counts repetitions. */
export interface Places {
  text(place: string): string | undefined;
  count(place: string): number;
}

export type Condition = (places: Places) => boolean;

const PLACE = String.raw`([A-Z][A-Z0-9]{1,2}[-.]\d+(?:\.\d+)*)`;
const TESTS: readonly (readonly [RegExp, (match: RegExpExecArray) => Condition])[] = [
  [
    new RegExp(`^${PLACE} (?:IS )?NOT VALUED$`),
    ([, place]) =>
      (places) =>
        places.text(place!) === undefined,
  ],
  [
    new RegExp(`^${PLACE} (?:IS EMPTY|DOES NOT EXIST)$`),
    ([, place]) =>
      (places) =>
        places.text(place!) === undefined,
  ],
  [
    new RegExp(`^${PLACE}(?: IS)? VALUED?$`),
    ([, place]) =>
      (places) =>
        places.text(place!) !== undefined,
  ],
  [
    new RegExp(`^${PLACE}$`),
    ([, place]) =>
      (places) =>
        places.text(place!) !== undefined,
  ],
  [new RegExp(`^${PLACE} (?:IS )?NOT IN ?\\(([^)]*)\\)$`), ([, place, list]) => oneOf(place!, list!, false)],
  [new RegExp(`^${PLACE} (?:IS )?IN ?\\(([^)]*)\\)$`), ([, place, list]) => oneOf(place!, list!, true)],
  [
    new RegExp(`^${PLACE} (?:IS NOT|NOT EQUALS) "([^"]*)"$`),
    ([, place, text]) =>
      (places) =>
        places.text(place!) !== text,
  ],
  [
    new RegExp(`^${PLACE} ?(?:IS|EQUALS|=) ?"([^"]*)"$`),
    ([, place, text]) =>
      (places) =>
        places.text(place!) === text,
  ],
  [
    new RegExp(`^${PLACE} LENGTH GREATER THAN (\\d+)$`),
    ([, place, size]) =>
      (places) =>
        (places.text(place!)?.length ?? 0) > Number(size),
  ],
  [
    new RegExp(`^${PLACE}(?: LST\\.| )COUNT ?(?:EQUALS|=) ?(\\d+)$`, 'i'),
    ([, place, size]) =>
      (places) =>
        places.count(place!) === Number(size),
  ],
  [
    new RegExp(`^${PLACE}(?: LST\\.| )COUNT ?(?:GREATER THAN|>) ?(\\d+)$`, 'i'),
    ([, place, size]) =>
      (places) =>
        places.count(place!) > Number(size),
  ],
];

/** Returns undefined for a condition that cannot be computed. An empty one always holds. */
export function compileCondition(text: string): Condition | undefined {
  const plain = text.replace(/^IF\s+/i, '').trim();
  if (plain === '') return () => true;
  if (/\bOR\b/.test(plain) && !plain.includes('(')) return joined(plain.split(/\s+OR\s+/), (results) => results.some(Boolean));
  // `PID-33 AND PID-34 VALUED`: the test of the last place is that of all.
  const shared = /^((?:[A-Z0-9]{2,3}[-.][\d.]+\s+AND\s+)+[A-Z0-9]{2,3}[-.][\d.]+)\s+((?:IS )?(?:NOT )?VALUED)$/.exec(plain);
  if (shared !== null)
    return joined(
      shared[1]!.split(/\s+AND\s+/).map((place) => `${place} ${shared[2]!}`),
      (results) => results.every(Boolean),
    );
  return joined(plain.split(/\s+AND\s+/), (results) => results.every(Boolean));
}

function joined(parts: readonly string[], decide: (results: readonly boolean[]) => boolean): Condition | undefined {
  const tests = parts.map(compileTest);
  if (!tests.every((test) => test !== undefined)) return undefined;
  return (places) => decide(tests.map((test) => test(places)));
}

function compileTest(text: string): Condition | undefined {
  const plain = text.replace(/^IF\s+/i, '').trim();
  for (const [pattern, make] of TESTS) {
    const match = pattern.exec(plain);
    if (match !== null) return make(match);
  }
  return undefined;
}

function oneOf(place: string, list: string, isIn: boolean): Condition {
  const texts = new Set([...list.matchAll(/"([^"]*)"/g)].map(([, text]) => text));
  return (places) => {
    const text = places.text(place);
    return (text !== undefined && texts.has(text)) === isIn;
  };
}
