import { appendFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../engine/contract/clock.ts';
import type { Logger } from '../../engine/contract/observe.ts';
import type { AccessLog } from '../contract.ts';

export interface AccessLogOptions {
  readonly folder: string;
  /** `<name>.ndjson` is written to; `<name>.<time>.ndjson` are older. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rotateBytes?: number;
  readonly keepFiles?: number;
}

const ROTATE_BYTES = 64 * 1024 * 1024;
const KEEP_FILES = 10;
const FLUSH_MS = 200;
/** Lines waiting for a slow disk; beyond, lines are dropped and counted: the log never stops the traffic. */
const PENDING_LIMIT_BYTES = 8 * 1024 * 1024;

/** Rotating NDJSON files, mode 0600, written in batches. */
export async function openAccessLog(options: AccessLogOptions): Promise<AccessLog> {
  const { folder, name, clock, logger, rotateBytes = ROTATE_BYTES, keepFiles = KEEP_FILES } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${name}.ndjson`);
  let size = await sizeOf(path);
  let pending: string[] = [];
  let pendingBytes = 0;
  let dropped = 0;
  let writing: Promise<void> | undefined;
  let cancelTimer: (() => void) | undefined;

  async function writeBatch(): Promise<void> {
    const batch = pending.join('');
    pending = [];
    pendingBytes = 0;
    try {
      if (size > 0 && size + batch.length > rotateBytes) {
        await rotate(folder, name, path, clock.now(), keepFiles);
        size = 0;
      }
      await appendFile(path, batch, { mode: 0o600 });
      size += Buffer.byteLength(batch);
    } catch (error) {
      logger.error('gateway.access-log-failed', error);
    }
    if (dropped > 0) logger.warn('gateway.access-log-dropped', { lines: dropped });
    dropped = 0;
  }

  async function flush(): Promise<void> {
    cancelTimer?.();
    cancelTimer = undefined;
    while (writing !== undefined) await writing;
    if (pending.length === 0) return;
    writing = writeBatch().finally(() => (writing = undefined));
    await writing;
  }

  return {
    write(line) {
      if (pendingBytes > PENDING_LIMIT_BYTES) {
        dropped++;
        return;
      }
      pending.push(line, '\n');
      pendingBytes += line.length + 1;
      cancelTimer ??= clock.after(FLUSH_MS, () => void flush());
    },
    close: flush,
  };
}

async function rotate(folder: string, name: string, path: string, now: number, keepFiles: number): Promise<void> {
  await rename(path, join(folder, `${name}.${new Date(now).toISOString().replaceAll(/[:.]/g, '-')}.ndjson`));
  const old = (await readdir(folder)).filter((file) => file.startsWith(`${name}.`) && file !== `${name}.ndjson`).sort();
  for (const file of old.slice(0, Math.max(0, old.length - keepFiles + 1))) await rm(join(folder, file), { force: true });
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}
