/** Reads files that are named on the command line, with clear errors. */
import { readFile } from 'node:fs/promises';
import { AppError } from '../../engine/contract/values/errors.ts';

/**
 * Returns the text of a file without a byte order mark; `-` reads standard input. Rejects with INPUT_UNREADABLE
 * (input).
 */
export async function readInput(file: string): Promise<string> {
  return (await readBytes(file)).toString('utf8').replace(/^\uFEFF/, '');
}

/**
 * Returns the bytes of a file, for content that need not be UTF-8; `-` reads standard input. Rejects with
 * INPUT_UNREADABLE (input).
 */
export async function readBytes(file: string): Promise<Buffer> {
  if (file === '-') return readStandardInput();
  return readFile(file).catch((error: unknown) => Promise.reject(unreadable(file, error)));
}

/**
 * Returns the JSON value of a file; `-` reads standard input. Rejects with INPUT_UNREADABLE (input), or with
 * INPUT_NOT_JSON (input) and the line and column of the error.
 */
export async function readJsonInput(file: string): Promise<unknown> {
  const text = await readInput(file);
  try {
    return JSON.parse(text);
  } catch {
    throw notJson(file, text);
  }
}

async function readStandardInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const PROBLEMS: Readonly<Record<string, readonly [problem: string, sentence: string, fix: string]>> = {
  ENOENT: ['missing', 'the file does not exist', 'Correct its name; a relative path starts at the current folder.'],
  EISDIR: ['folder', 'it is a folder', 'Choose a file in it.'],
  EACCES: ['denied', 'you do not have permission to read it', 'Ask its owner for permission to read it.'],
};

function unreadable(file: string, error: unknown): AppError {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const [problem, sentence, fix] = PROBLEMS[reason] ?? ['other', reason, 'Check the file and its disk.'];
  return new AppError('INPUT_UNREADABLE', 'input', `${file} cannot be read: ${sentence}.`, {
    values: { file, problem, reason },
    fix,
    cause: error,
  });
}

function notJson(file: string, text: string): AppError {
  const name = file === '-' ? 'standard input' : file;
  if (text.trim() === '') {
    return new AppError('INPUT_NOT_JSON', 'input', `${name} is empty, but JSON is expected.`, {
      values: { file: name, problem: 'empty' },
      fix: file === '-' ? 'Send JSON on standard input, or name a file.' : 'Name another file.',
    });
  }
  const before = text.slice(0, soundLength(text)).split('\n');
  const [line, column] = [before.length, before.at(-1)!.length + 1];
  return new AppError('INPUT_NOT_JSON', 'input', `The JSON in ${name} is invalid at line ${line}, column ${column}.`, {
    values: { file: name, line, column },
    fix: 'Correct it there, or just before that position.',
  });
}

/**
 * Returns the length of the longest beginning of the text that can be continued to valid JSON. Not every error message
 * of `JSON.parse` contains the position, but each shows whether the error was at the end of the text.
 */
function soundLength(text: string): number {
  let [sound, broken] = [0, text.length + 1];
  while (broken - sound > 1) {
    const middle = Math.floor((sound + broken) / 2);
    if (mayGoOn(text.slice(0, middle))) sound = middle;
    else broken = middle;
  }
  return sound;
}

function mayGoOn(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const { message } = error as Error;
    return message === 'Unexpected end of JSON input' || Number(/ at position (\d+)/.exec(message)?.[1]) === text.length;
  }
}
