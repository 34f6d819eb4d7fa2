import { appendFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { AccessLog } from '../policy-ports.ts';

export interface AccessLogOptions {
  readonly folder: string;
  /** The log is written to `<name>.ndjson`; older files are `<name>.<time>.ndjson`. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rotateBytes?: number;
  readonly keepFiles?: number;
}

const ROTATE_BYTES = 64 * 1024 * 1024;
const KEEP_FILES = 10;
const FLUSH_MS = 200;
/**
 * Memory for lines that wait for a slow disk. When it is full, lines are dropped and counted, so that the log never
 * stops the traffic.
 */
const PENDING_LIMIT_BYTES = 8 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
/** UTF-8 needs at most this many bytes per code unit. */
const MAX_UNIT_BYTES = 3;

/** Opens a log of rotating NDJSON files with mode 0600. Lines are written in batches. */
export async function openAccessLog(options: AccessLogOptions): Promise<AccessLog> {
  const { folder, name, clock, logger, rotateBytes = ROTATE_BYTES, keepFiles = KEEP_FILES } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${name}.ndjson`);
  let size = await sizeOf(path);
  const pending = createChunks();
  let dropped = 0;
  let writing: Promise<void> | undefined;
  let cancelTimer: (() => void) | undefined;

  async function writeBatch(): Promise<void> {
    try {
      for (const chunk of pending.take()) {
        if (size > 0 && size + chunk.length > rotateBytes) {
          await rotate(folder, name, path, clock.now(), keepFiles);
          size = 0;
        }
        await appendFile(path, chunk, { mode: 0o600 });
        size += chunk.length;
      }
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
    if (pending.sizeBytes() === 0) return;
    writing = writeBatch().finally(() => (writing = undefined));
    await writing;
  }

  return {
    write(line) {
      if (pending.sizeBytes() > PENDING_LIMIT_BYTES) {
        dropped++;
        return;
      }
      pending.add(line);
      cancelTimer ??= clock.after(FLUSH_MS, () => void flush());
    },
    flush,
    close: flush,
  };
}

/**
 * Stores lines as bytes at once. As strings they would survive two garbage collections, which cost more than the lines
 * themselves.
 */
function createChunks() {
  let full: Buffer[] = [];
  let fullBytes = 0;
  let chunk = Buffer.alloc(0);
  let used = 0;

  function turn(nextBytes: number): void {
    if (used > 0) full.push(chunk.subarray(0, used));
    fullBytes += used;
    chunk = Buffer.allocUnsafe(nextBytes);
    used = 0;
  }

  return {
    add(line: string): void {
      const needed = line.length * MAX_UNIT_BYTES + 1;
      if (used + needed > chunk.length) turn(Math.max(CHUNK_BYTES, needed));
      used += chunk.write(line, used);
      chunk[used++] = NEW_LINE;
    },
    sizeBytes: () => fullBytes + used,
    take(): readonly Buffer[] {
      turn(0);
      const taken = full;
      full = [];
      fullBytes = 0;
      return taken;
    },
  };
}

const NEW_LINE = 10;

async function rotate(folder: string, name: string, path: string, now: number, keepFiles: number): Promise<void> {
  await rename(path, join(folder, `${name}.${new Date(now).toISOString().replaceAll(/[:.]/g, '-')}.ndjson`));
  const old = (await readdir(folder)).filter((file) => file.startsWith(`${name}.`) && file !== `${name}.ndjson`).sort();
  for (const file of old.slice(0, Math.max(0, old.length - keepFiles + 1))) await rm(join(folder, file), { force: true });
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}
