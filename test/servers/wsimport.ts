/** A foreign reader of WSDL: wsimport of JAX-WS (Java), fetched by Maven once. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { prepareJars } from './maven-jars.ts';

const source = fileURLToPath(new URL('wsimport/', import.meta.url));
const cache = fileURLToPath(new URL('../../node_modules/.cache/servers/wsimport/', import.meta.url));
const MOST_MS = 180_000;

/** Why wsimport cannot be had here, or undefined when it is there. */
export function prepareWsimport(): string | undefined {
  return prepareJars({ name: 'wsimport', source, cache, tools: ['java'] });
}

export interface ReadByWsimport {
  readonly path: string;
  readonly isRead: boolean;
  readonly says: string;
}

/** Lets it read every WSDL file below a folder. */
export async function readByWsimport(folder: string): Promise<readonly ReadByWsimport[]> {
  const out = await mkdtemp(join(tmpdir(), 'kq-wsimport-'));
  try {
    const properties = ['-Djavax.xml.accessExternalSchema=all', '-Djavax.xml.accessExternalDTD=all'];
    const command = [...properties, '-Xmx256m', '-cp', `${cache}lib/*`, join(source, 'ReadAll.java'), folder, out];
    const { stdout } = await promisify(execFile)('java', command, { timeout: MOST_MS, maxBuffer: 16_777_216 });
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [path = '', isRead, says = ''] = line.split('\t');
        return { path, isRead: isRead === 'true', says };
      });
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}
