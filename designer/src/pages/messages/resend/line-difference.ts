/** Compares two texts line by line, and restores the original line ends in an edited text. */

export interface DifferenceLine {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
  /** Line number in its text, from 1. */
  readonly before?: number;
  readonly after?: number;
  /**
   * The characters of the line that differ. Only for a removed or added line that has been paired with a line of the
   * other text.
   */
  readonly changed?: readonly [from: number, to: number];
}

/**
 * The comparison takes time in proportion to the lines of one text times the lines of the other. Above this product,
 * all lines between the common beginning and end count as replaced.
 */
const MOST_CELLS = 4_000_000;

export function lineDifference(before: string, after: string): readonly DifferenceLine[] {
  const [old, now] = [linesOf(before), linesOf(after)];
  const start = sameAtStart(old, now);
  const end = sameAtEnd(old, now, start);
  const removedPart = old.slice(start, old.length - end);
  const addedPart = now.slice(start, now.length - end);
  const kinds = [...Array<'same'>(start).fill('same'), ...betweenOf(removedPart, addedPart), ...Array<'same'>(end).fill('same')];
  let [atOld, atNow] = [0, 0];
  const lines = kinds.map((kind): DifferenceLine => {
    if (kind === 'removed') return { kind, text: old[atOld++]!, before: atOld };
    if (kind === 'added') return { kind, text: now[atNow++]!, after: atNow };
    atOld += 1;
    return { kind, text: now[atNow++]!, before: atOld, after: atNow };
  });
  return withChangedParts(lines);
}

/**
 * Returns the lines that differ, and up to `around` lines before and after each of them. `undefined` stands for lines
 * that are left out.
 */
export function nearDifference(lines: readonly DifferenceLine[], around = 3): readonly (DifferenceLine | undefined)[] {
  const kept = new Set<number>();
  for (const [index, { kind }] of lines.entries())
    if (kind !== 'same') for (let near = index - around; near <= index + around; near += 1) kept.add(near);
  return lines.flatMap((line, index) => (kept.has(index) ? [line] : kept.has(index - 1) || index === 0 ? [undefined] : []));
}

/**
 * Returns the edited text with the line ends of the original. An editor uses only one kind of line end, but HL7 uses
 * another, and one file may contain several kinds. An unchanged line keeps its line end. A new line gets the line end
 * of the line before it.
 */
export function withLineEnds(original: string, edited: string): string {
  const ends = original.match(/\r\n|\r|\n/g) ?? [];
  const usual = ends[0] ?? '\n';
  const lines = lineDifference(original, edited);
  let last = usual;
  const now = lines.filter(({ kind }) => kind !== 'removed');
  return now
    .map(({ text, before }, index) => {
      if (before !== undefined) last = ends[before - 1] ?? last;
      return index === now.length - 1 ? text : text + last;
    })
    .join('');
}

export function linesOf(text: string): readonly string[] {
  return text.split(/\r\n|\r|\n/);
}

function sameAtStart(old: readonly string[], now: readonly string[]): number {
  let count = 0;
  while (count < old.length && count < now.length && old[count] === now[count]) count += 1;
  return count;
}

function sameAtEnd(old: readonly string[], now: readonly string[], start: number): number {
  let count = 0;
  while (count < old.length - start && count < now.length - start && old.at(-1 - count) === now.at(-1 - count)) count += 1;
  return count;
}

/** Compares two lists of lines. The lines of their longest common subsequence count as equal. */
function betweenOf(old: readonly string[], now: readonly string[]): readonly DifferenceLine['kind'][] {
  if (old.length * now.length > MOST_CELLS) return [...old.map(() => 'removed' as const), ...now.map(() => 'added' as const)];
  const width = now.length + 1;
  const longest = new Uint32Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = now.length - 1; j >= 0; j -= 1)
      longest[i * width + j] =
        old[i] === now[j] ? longest[(i + 1) * width + j + 1]! + 1 : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!);
  const kinds: DifferenceLine['kind'][] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      kinds.push('same');
      i += 1;
      j += 1;
    } else if (j >= now.length || (i < old.length && longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!)) {
      kinds.push('removed');
      i += 1;
    } else {
      kinds.push('added');
      j += 1;
    }
  }
  return kinds;
}

/**
 * Marks the changed parts of lines. If removed lines are followed by added lines, the first removed line is paired with
 * the first added line, the second with the second, and so on.
 */
function withChangedParts(lines: readonly DifferenceLine[]): readonly DifferenceLine[] {
  const result = [...lines];
  for (let index = 0; index < lines.length;) {
    const removed = runOf(lines, index, 'removed');
    const added = runOf(lines, index + removed, 'added');
    for (let pair = 0; pair < Math.min(removed, added); pair += 1) {
      const [old, now] = [lines[index + pair]!, lines[index + removed + pair]!];
      const [changedOld, changedNow] = changedParts(old.text, now.text);
      result[index + pair] = { ...old, changed: changedOld };
      result[index + removed + pair] = { ...now, changed: changedNow };
    }
    index += Math.max(1, removed + added);
  }
  return result;
}

function runOf(lines: readonly DifferenceLine[], from: number, kind: DifferenceLine['kind']): number {
  let count = 0;
  while (lines[from + count]?.kind === kind) count += 1;
  return count;
}

function changedParts(old: string, now: string): readonly [readonly [number, number], readonly [number, number]] {
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  return [
    [start, old.length - end],
    [start, now.length - end],
  ];
}
