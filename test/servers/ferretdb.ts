/**
 * FerretDB 1.24 on SQLite, patched (`ferretdb/atomic-writes.patch`): the MongoDB protocol in a real process with data on disk, to be killed.
 * The patch says what it changes; it knows how storage/mongo lays rows out, and is no general server.
 * Built with Go once: minutes the first time on a machine, seconds with a warm build cache.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMongoReady } from './is-mongo-ready.ts';
import { startProcess, type ServerProcess } from './start-process.ts';

const source = fileURLToPath(new URL('ferretdb/', import.meta.url));
const cache = fileURLToPath(new URL('../../node_modules/.cache/servers/ferretdb/', import.meta.url));
const patch = `${source}atomic-writes.patch`;

/** Why it cannot be had here, or undefined when it is there. */
export function prepareFerretdb(): string | undefined {
  const binary = binaryPath();
  if (existsSync(binary)) return undefined;
  for (const tool of ['go', 'patch', 'flock']) if (spawnSync(tool, ['version']).error) return `${tool} is not installed`;
  mkdirSync(cache, { recursive: true });
  // Of several test files that want it at once, one builds it and the others wait.
  const build = ['-o', `${cache}lock`, 'sh', `${source}build.sh`, patch, binary];
  const built = spawnSync('flock', build, { timeout: 600_000, encoding: 'utf8' });
  return built.status === 0 ? undefined : `FerretDB could not be built: ${built.stderr.slice(-300)}`;
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

/** Another recipe is another binary. */
function binaryPath(): string {
  const recipe = [patch, `${source}build.sh`].map((file) => readFileSync(file, 'utf8')).join('');
  return `${cache}ferretdb-${createHash('sha256').update(recipe).digest('hex').slice(0, 12)}`;
}

function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kq-ferretdb-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
