/**
 * FerretDB 1.24 on SQLite, patched (`ferretdb/atomic-writes.patch`): the MongoDB protocol in a real process with data on disk, to be killed.
 * The patch says what it changes; it knows how storage/mongo lays rows out, and is no general server. `npm run servers` builds it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMongoReady } from './is-mongo-ready.ts';
import { startProcess, type ServerProcess } from './start-process.ts';

const recipe = fileURLToPath(new URL('ferretdb/build.sh', import.meta.url));

/** Why it cannot be had here, or undefined when it is there. */
export function prepareFerretdb(): string | undefined {
  return existsSync(binaryPath()) ? undefined : 'FerretDB is not built: npm run servers builds it';
}

export interface FerretdbOptions {
  /** Where its data lie; default: a new folder, removed with this process. */
  readonly folder?: string;
  readonly port?: number;
  /** As stock FerretDB does: the measure of what SQLite finds by the patch. */
  readonly readsEveryRow?: true;
}

export async function startFerretdb({ folder = scratchFolder(), readsEveryRow, ...options }: FerretdbOptions = {}): Promise<ServerProcess> {
  for (const part of ['data', 'state']) mkdirSync(join(folder, part), { recursive: true });
  return startProcess({
    name: 'FerretDB',
    command: (port) => [
      binaryPath(),
      '--handler=sqlite',
      `--sqlite-url=file:${join(folder, 'data')}/`,
      `--listen-addr=127.0.0.1:${port}`,
      '--debug-addr=-',
      '--telemetry=disable',
      '--log-level=ERROR',
      `--state-dir=${join(folder, 'state')}`,
      ...(readsEveryRow ? ['--test-disable-pushdown'] : []),
    ],
    scheme: 'mongodb',
    cwd: folder,
    isReady: isMongoReady,
    ...options,
  });
}

function binaryPath(): string {
  return spawnSync('sh', [recipe, '--path'], { encoding: 'utf8' }).stdout.trim();
}

function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kq-ferretdb-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
