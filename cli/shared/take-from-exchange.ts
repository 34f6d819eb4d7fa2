/** Moves a file that the running process wrote into its exchange folder to the place that the person wants. */
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '../../engine/contract/values/errors.ts';
import { createNewFile } from '../../engine/transfer/new-file.ts';

/**
 * Copies the file `made` to `wanted` and removes the original. `made` is the path that the running process reports. It
 * is trusted only if it ends in `name`, which this command chose and which no other file has. Rejects with
 * BACKUP_NOT_FETCHED (input) if the file cannot be read here, for example because it is on another machine. Rejects
 * with BACKUP_EXISTS (input) if `wanted` exists. In both cases `made` is left unchanged.
 */
export async function takeFromExchange(made: string, name: string, wanted: string): Promise<void> {
  const file = await createNewFile(wanted);
  try {
    if (basename(made) !== name) throw new Error(`${made} is not the requested file`);
    for await (const chunk of createReadStream(made)) await file.handle.appendFile(chunk as Buffer);
    await file.keep();
  } catch (cause) {
    await file.drop();
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new AppError('BACKUP_NOT_FETCHED', 'input', `The backup was created, but cannot be moved to ${wanted} (${reason}).`, {
      values: { file: made, wanted, reason },
      fix: `Fetch it from this path on the machine of the platform: ${made}`,
      cause,
    });
  }
  await rm(made, { force: true });
}
