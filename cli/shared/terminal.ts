/** The terminal: results go to stdout, progress and problems to stderr. Questions show the typed answer or hide it. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Issue } from '../../engine/contract/values/errors.ts';

export interface Terminal {
  /** Prints a result, also into pipes. */
  print(text: string): void;
  /** Prints progress and hints, which are never part of the result. */
  tell(text: string): void;
  ask(question: string, options?: { readonly hidden?: boolean }): Promise<string>;
  /** Signal that aborts on Ctrl-C. */
  readonly signal: AbortSignal;
}

export function createTerminal(signal: AbortSignal): Terminal {
  const lines = pipedLines();
  return {
    print: (text) => console.log(visible(text)),
    tell: (text) => console.error(visible(text)),
    ask: (question, { hidden = false } = {}) => (process.stdin.isTTY ? askTyped(question, hidden, signal) : lines(question)),
    signal,
  };
}

/**
 * Control characters: C0 without tab and line feed, DEL, C1, and characters that change the direction of text (UAX #9).
 * Names from other systems may contain them.
 */
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Escapes control characters as JSON does. JSON output keeps its meaning, and the terminal does not execute the
 * characters.
 */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export function formatIssue({ severity, path, message, fix, code }: Issue): string {
  const mark = severity === 'error' ? '✗' : '!';
  return `  ${mark} ${path === '' ? '/' : path}: ${message} [${code}]${fix === undefined ? '' : `\n      ${fix}`}`;
}

/** Returns a table with columns as wide as their widest cell. Han characters are two columns wide. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function widthOf(text: string): number {
  return [...text].reduce(
    (width, character) =>
      width + (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/.test(character) ? 2 : 1),
    0,
  );
}

function askTyped(question: string, hidden: boolean, signal: AbortSignal): Promise<string> {
  process.stderr.write(question);
  const output = hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stderr;
  const reader = createInterface({ input: process.stdin, output, terminal: true });
  return new Promise((resolve, reject) => {
    reader.once('SIGINT', () => {
      reader.close();
      const interrupted = new Error('interrupted');
      interrupted.name = 'AbortError';
      reject(interrupted);
    });
    reader.question('', { signal }, (answer) => {
      reader.close();
      if (hidden) process.stderr.write('\n');
      resolve(answer);
    });
  });
}

/** Returns a function that reads answers from piped input, one per line, in the order of the questions. */
function pipedLines(): (question: string) => Promise<string> {
  let iterator: AsyncIterator<string> | undefined;
  return async (question) => {
    iterator ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
    const next: IteratorResult<string, unknown> = await iterator.next();
    if (next.done === true) throw new Error(`No answer to "${question.trim()}" on standard input.`);
    return next.value;
  };
}
