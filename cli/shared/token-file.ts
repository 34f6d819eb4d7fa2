/**
 * The file in which the command line stores its token: `<data folder>/handover/cli-token` (written by `kangqiao start`)
 * or `~/.kangqiao/token` (written by `login`).
 */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { isRecord } from '../../engine/contract/values/is-record.ts';

export interface TokenFile {
  readonly address: string;
  readonly token: string;
  readonly ca?: string;
}

export const DEFAULT_DATA_FOLDER = 'data';

export function dataTokenPath(dataFolder: string): string {
  return join(dataFolder, 'handover', 'cli-token');
}

export function homeTokenPath(): string {
  return join(homedir(), '.kangqiao', 'token');
}

/** Writes the token. Only the owner can read the file (0600), even if it existed before with other rights. */
export async function writeTokenFile(path: string, content: TokenFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, `${JSON.stringify(content)}\n`, { mode: 0o600 });
  await chmod(path, 0o600);
}

/**
 * Returns the token for the named data folder. If no folder is named, returns the token for `./data`, or else the one
 * in the home folder. Undefined if there is none.
 */
export async function findTokenFile(dataFolder: string | undefined): Promise<TokenFile | undefined> {
  const paths = dataFolder === undefined ? [dataTokenPath(DEFAULT_DATA_FOLDER), homeTokenPath()] : [dataTokenPath(dataFolder)];
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const content: unknown = parse(text);
    if (isTokenFile(content)) return content;
  }
  return undefined;
}

/**
 * Returns true if the content is a token. The check is written by hand, because every command reads this file and
 * should not load the schema library for it.
 */
function isTokenFile(content: unknown): content is TokenFile {
  if (!isRecord(content)) return false;
  const { address, token, ca } = content;
  return typeof address === 'string' && typeof token === 'string' && (ca === undefined || typeof ca === 'string');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
