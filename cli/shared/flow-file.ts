import { readFile, writeFile } from 'node:fs/promises';

/**
 * Writes the saved revision into the flow's file, so that the next save of the file is based on it. Changes nothing
 * else in the file. Returns false if the file cannot be written or has a different revision now.
 */
export async function keepRevision(file: string, from: number, to: number): Promise<boolean> {
  try {
    const text = await readFile(file, 'utf8');
    const place = revisionIn(text);
    if (place === undefined || text.slice(...place) !== String(from)) return false;
    await writeFile(file, text.slice(0, place[0]) + String(to) + text.slice(place[1]));
    return true;
  } catch {
    return false;
  }
}

/** Returns the position of the flow's own `revision` in its JSON. */
function revisionIn(text: string): [start: number, end: number] | undefined {
  let depth = 0;
  let name = '';
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],]|[^\s"{}[\],:]+/g)) {
    if (depth === 1 && name === '"revision"') return [index, index + token.length];
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (token === ',') name = '';
    else if (depth === 1 && name === '') name = token;
  }
  return undefined;
}
