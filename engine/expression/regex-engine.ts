/** Matches patterns outside the sandbox, or in the page that runs a preview. */
export interface PatternHost {
  /** Returns the number of a pattern, or a negative number if RE2 cannot match it. */
  open(source: string, flags: string): number;
  /** Returns the positions of the next match as `LinearScan` does; undefined if there is no further match. */
  find(pattern: number, text: string, from: number): readonly number[] | undefined;
}

/**
 * Replaces `RegExp` for JSONata. JSONata sets `lastIndex`, calls `exec`, and reads `lastIndex` and the result. If RE2
 * cannot match a pattern, JavaScript's own engine is used: such a pattern is in a flow that was published before these
 * patterns were refused.
 *
 * The sandbox runs the source text of this function, so it may only use its parameter and JavaScript built-ins.
 */
export function createRegexEngine(host: PatternHost): RegExpConstructor {
  const numbers = new WeakMap<RegExp, number>();
  function createMatcher(value: RegExp): object {
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
  return new Proxy(RegExp, { construct: (_engine, [value]: [RegExp]) => createMatcher(value) });
}
