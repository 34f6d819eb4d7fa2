import { appendFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Seal } from '../../engine/contract/values/seal.ts';
import type { AccessLog, LoggedBodies } from '../policy-ports.ts';
import { createBodyBlock } from './body-blocks.ts';

export interface AccessLogOptions {
  readonly folder: string;
  /** The log is written to `<name>.ndjson`; older files are `<name>.<time>.ndjson`. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly seal: Pick<Seal, 'seal'>;
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
/** Compressing and sealing a block of this size takes less than a millisecond. */
const BLOCK_SIZE = 64 * 1024;
/** UTF-8 needs at most this many bytes per code unit. */
const MAX_UNIT_BYTES = 3;
/** The place of the bodies at the end of a line. */
const PLACE_BYTES = 64;
const CLOSING = '}';

/** Opens a log of rotating NDJSON files with mode 0600. Lines are written in batches. */
export async function openAccessLog(options: AccessLogOptions): Promise<AccessLog> {
  const { folder, name, clock, logger, seal, rotateBytes = ROTATE_BYTES, keepFiles = KEEP_FILES } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${name}.ndjson`);
  let size = await sizeOf(path);
  const pending = createPending(() => clock.now(), seal);
  let dropped = 0;
  let writing: Promise<void> | undefined;
  let cancelTimer: (() => void) | undefined;

  async function writeBatch(): Promise<void> {
    try {
      const lines = Buffer.concat(pending.take());
      if (size > 0 && size + lines.length > rotateBytes) {
        await rotate(folder, name, path, clock.now(), keepFiles);
        size = 0;
      }
      await appendFile(path, lines, { mode: 0o600 });
      size += lines.length;
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
    write(line, bodies) {
      if (pending.sizeBytes() > PENDING_LIMIT_BYTES) {
        dropped++;
        return;
      }
      pending.add(line, bodies);
      cancelTimer ??= clock.after(FLUSH_MS, () => void flush());
    },
    flush,
    close: flush,
  };
}

/**
 * Lines that were not written yet. Stores them as bytes at once: as strings they would survive two garbage collections,
 * which cost more than the lines themselves. A block of bodies stands before the lines of its calls, so that no line names
 * a block that was lost in a crash.
 */
function createPending(now: () => number, seal: Pick<Seal, 'seal'>) {
  const block = createBodyBlock(seal);
  let full: Buffer[] = [];
  let fullBytes = 0;
  let chunk = Buffer.alloc(0);
  let start = 0;
  let used = 0;

  function endBlock(): void {
    if (used === start) return;
    const parts = [chunk.subarray(start, used)];
    if (block.size() > 0) parts.unshift(Buffer.from(`${block.end(now())}\n`));
    full.push(...parts);
    for (const part of parts) fullBytes += part.length;
    start = used;
  }

  function turn(nextBytes: number): void {
    endBlock();
    chunk = Buffer.allocUnsafe(nextBytes);
    start = used = 0;
  }

  return {
    add(line: string, bodies: LoggedBodies | undefined): void {
      const needed = line.length * MAX_UNIT_BYTES + PLACE_BYTES;
      if (used + needed > chunk.length) turn(Math.max(CHUNK_BYTES, needed));
      used += chunk.write(line, used);
      // The place of the bodies becomes the last field of the line.
      if (bodies !== undefined) used += chunk.write(`,"bodies":"${block.add(bodies)}"}`, used - CLOSING.length) - CLOSING.length;
      used += chunk.write('\n', used);
      if (block.size() > BLOCK_SIZE) endBlock();
    },
    sizeBytes: () => fullBytes + used - start + block.size(),
    /** Returns all lines, in pieces that are written at once. */
    take(): readonly Buffer[] {
      turn(0);
      const taken = full;
      full = [];
      fullBytes = 0;
      return taken;
    },
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
