import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, readFile, stat } from 'node:fs/promises';
import { AppError } from '../contract/values/errors.ts';
import { makeKeyFile } from './make-key-file.ts';

const KEY_BYTES = 32;

/**
 * Reads the key of a gateway node: 64 hex digits in a file of mode 0600. Creates the file at the first start. Never
 * writes an existing file, because it may be on a mount of secrets. Rejects with NODE_KEY_INVALID (input) if the file
 * contains something else.
 */
export async function loadNodeKey(path: string): Promise<Uint8Array> {
  if (!existsSync(path)) await makeKeyFile(path, randomBytes(KEY_BYTES).toString('hex'));
  if (((await stat(path)).mode & 0o007) !== 0) await chmod(path, 0o600);
  const text = (await readFile(path, 'utf8')).trim();
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new AppError('NODE_KEY_INVALID', 'input', `The file ${path} does not contain a node key.`, {
      values: { path },
      fix: 'Restore it, or remove it together with the plan file.',
    });
  }
  return Buffer.from(text, 'hex');
}
