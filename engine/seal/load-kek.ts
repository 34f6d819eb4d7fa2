import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { AppError } from '../contract/values/errors.ts';
import { makeKeyFile } from './make-key-file.ts';

export interface LoadedKek {
  readonly kek: Uint8Array;
  readonly file: string;
  /**
   * True if this call created the key. The caller must tell a person about the file, because without it the data is
   * lost.
   */
  readonly isNew: boolean;
}

/**
 * Reads the key-encryption key (32 bytes as base64url, one line). With `mayCreate`, a missing key is created with mode
 * 0600 and flushed; `mayCreate` must be false once a store has data keys. Rejects with SEAL_KEK_MISSING (input) if the
 * file is missing or unreadable, with SEAL_KEK_EXPOSED (input) if every user of the machine may access it, and with
 * SEAL_KEK_WRONG (input) if it does not contain 32 bytes.
 */
export async function loadKek(file: string, options: { readonly mayCreate: boolean }): Promise<LoadedKek> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw unreadable(file, cause);
  });
  if (text === undefined) {
    if (!options.mayCreate) throw missing(file);
    const kek = randomBytes(32);
    const isNew = await makeKeyFile(file, `${kek.toString('base64url')}\n`);
    return isNew ? { kek, file, isNew } : loadKek(file, { mayCreate: false });
  }
  if (((await stat(file)).mode & 0o007) !== 0) throw exposed(file);
  const kek = Buffer.from(text.trim(), 'base64url');
  if (kek.length !== 32)
    throw new AppError('SEAL_KEK_WRONG', 'input', `${file} does not contain a key of 32 bytes.`, {
      values: { file },
      fix: 'Put the right key file there.',
    });
  return { kek, file, isNew: false };
}

function missing(file: string): AppError {
  return new AppError('SEAL_KEK_MISSING', 'input', `The data is sealed, but the key-encryption key ${file} does not exist.`, {
    values: { file },
    fix: 'Restore the key file, or point KQ_KEK_FILE to it. Without it the sealed data cannot be read.',
  });
}

function exposed(file: string): AppError {
  return new AppError('SEAL_KEK_EXPOSED', 'input', `Every user of this machine may read the key-encryption key ${file}.`, {
    values: { file },
    fix: `Run: chmod 600 ${file}`,
  });
}

function unreadable(file: string, cause: unknown): AppError {
  return new AppError('SEAL_KEK_MISSING', 'input', `The key-encryption key ${file} cannot be read.`, {
    values: { file },
    fix: 'Make the user of this process the owner of the file.',
    cause,
  });
}
