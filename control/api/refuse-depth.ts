import { AppError } from '../../engine/contract/errors.ts';

/** Deeper than any document of ours; what walks a document by recursion never runs out of stack. */
const MOST_LEVELS = 100;

/** The refusal (REQUEST_MALFORMED) when JSON text is nested deeper than any document of ours. One pass over the text, before anything is built from it. */
export function refuseDepth(json: string): AppError | undefined {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const char = json[at];
    if (char === '"') at = endOfString(json, at);
    else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    if (depth <= MOST_LEVELS) continue;
    return new AppError('REQUEST_MALFORMED', 'input', `The body is nested more than ${MOST_LEVELS} levels deep.`, {
      values: { problem: 'deep' },
      fix: 'Send it flatter.',
    });
  }
  return undefined;
}

/** Position of the closing quote; the parser says what is wrong with a string that has none. */
function endOfString(json: string, from: number): number {
  for (let at = json.indexOf('"', from + 1); at >= 0; at = json.indexOf('"', at + 1)) {
    let before = at - 1;
    while (json[before] === '\\') before--;
    if ((at - 1 - before) % 2 === 0) return at;
  }
  return json.length;
}
