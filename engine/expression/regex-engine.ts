/** Where patterns are matched: beside the sandbox, or in a page that runs a preview. */
export interface PatternHost {
  /** The number of a pattern; below zero: RE2 cannot match it. */
  open(source: string, flags: string): number;
  /** As `LinearScan`; undefined: there is no match from there on. */
  find(pattern: number, text: string, from: number): readonly number[] | undefined;
}

/**
 * What JSONata makes its matchers of, in place of `RegExp`: it sets `lastIndex`, calls `exec` and reads both. A pattern that RE2 cannot match
 * was published before this was refused, and keeps JavaScript's own engine.
 *
 * The sandbox runs the text of this function: it names nothing but its parameter and what JavaScript has.
 */
export function createRegexEngine(host: PatternHost): RegExpConstructor {
  const numbers = new WeakMap<RegExp, number>();
  function LinearRegExp(value: RegExp): unknown {
    const number = numbers.get(value) ?? host.open(value.source, value.flags);
    numbers.set(value, number);
    if (number < 0) return new RegExp(value);
    const matcher = {
      lastIndex: 0,
      exec(given: unknown) {
        const text = String(given);
        const offsets = host.find(number, text, matcher.lastIndex);
        matcher.lastIndex = offsets === undefined ? 0 : offsets[1]!;
        if (offsets === undefined) return null;
        const parts: (string | undefined)[] = [];
        for (let at = 0; at < offsets.length; at += 2) {
          parts.push(offsets[at]! < 0 ? undefined : text.slice(offsets[at], offsets[at + 1]));
        }
        return Object.assign(parts, { index: offsets[0] });
      },
    };
    return matcher;
  }
  return LinearRegExp as unknown as RegExpConstructor;
}
