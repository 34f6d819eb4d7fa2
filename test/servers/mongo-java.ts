/**
 * mongo-java-server: the MongoDB protocol in one JVM, in memory. Good for conformance; nothing survives its end.
 * Fetched by Maven and compiled once.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isMongoReady } from './is-mongo-ready.ts';
import { prepareJars } from './maven-jars.ts';
import { startProcess, type ServerProcess } from './start-process.ts';

const source = fileURLToPath(new URL('mongo-java/', import.meta.url));
const cache = fileURLToPath(new URL('../../node_modules/.cache/servers/mongo-java/', import.meta.url));

/** Why it cannot be had here, or undefined when it is there. */
export function prepareMongoJava(): string | undefined {
  return prepareJars({
    ...{ name: 'mongo-java-server', source, cache, tools: ['java', 'javac'] },
    finish(lib) {
      const compiled = spawnSync('javac', ['-cp', `${lib}/*`, '-d', lib, `${source}ServeMongo.java`], { encoding: 'utf8' });
      return compiled.status === 0 ? undefined : `javac refused ServeMongo.java: ${compiled.stderr.slice(-300)}`;
    },
  });
}

export async function startMongoJava(options: { readonly port?: number } = {}): Promise<ServerProcess> {
  return startProcess({
    name: 'mongo-java-server',
    command: (port) => ['java', '-Xmx512m', '-XX:+UseSerialGC', '-cp', `${cache}lib/*:${cache}lib`, 'ServeMongo', String(port)],
    scheme: 'mongodb',
    cwd: cache,
    isReady: isMongoReady,
    ...options,
  });
}
