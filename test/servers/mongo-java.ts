/**
 * mongo-java-server: the MongoDB protocol in one JVM, in memory. Good for conformance; nothing survives its end.
 * Fetched by Maven and compiled once.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMongoReady } from './is-mongo-ready.ts';
import { startProcess, type ServerProcess } from './start-process.ts';

const source = fileURLToPath(new URL('mongo-java/', import.meta.url));
const cache = fileURLToPath(new URL('../../node_modules/.cache/servers/mongo-java/', import.meta.url));

/** Why it cannot be had here, or undefined when it is there. */
export function prepareMongoJava(): string | undefined {
  if (existsSync(`${cache}lib`)) return undefined;
  for (const tool of ['javac', 'mvn']) if (spawnSync(tool, ['-version']).error) return `${tool} is not installed`;
  const fresh = `${cache}lib-${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  const copy = [
    '-B',
    '-q',
    '-f',
    `${source}pom.xml`,
    'dependency:copy-dependencies',
    '-DincludeScope=runtime',
    `-DoutputDirectory=${fresh}`,
  ];
  const fetched = spawnSync('mvn', copy, { timeout: 180_000, encoding: 'utf8' });
  if (fetched.status !== 0) return `Maven could not fetch mongo-java-server: ${fetched.stdout.slice(-300)}`;
  const compiled = spawnSync('javac', ['-cp', `${fresh}/*`, '-d', fresh, `${source}ServeMongo.java`], { encoding: 'utf8' });
  if (compiled.status !== 0) return `javac refused ServeMongo.java: ${compiled.stderr.slice(-300)}`;
  if (existsSync(`${cache}lib`)) rmSync(fresh, { recursive: true });
  else renameSync(fresh, `${cache}lib`);
  return undefined;
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
