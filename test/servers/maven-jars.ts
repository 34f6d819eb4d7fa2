/** Java libraries and programs of foreign peers, fetched by Maven once; processes that fetch at the same time do each other no harm. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';

export interface MavenJars {
  /** For people: `HAPI`. */
  readonly name: string;
  /** Folder of its `pom.xml`. */
  readonly source: string;
  /** Where `lib` is to be, inside `node_modules/.cache`. */
  readonly cache: string;
  readonly tools: readonly string[];
  /** Once, on what was fetched; answers why it did not work. */
  finish?(lib: string): string | undefined;
}

const FETCH_MS = 180_000;

/** Why they cannot be had here, or undefined when `<cache>lib` is there. */
export function prepareJars({ name, source, cache, tools, finish }: MavenJars): string | undefined {
  if (existsSync(`${cache}lib`)) return undefined;
  for (const tool of [...tools, 'mvn']) if (spawnSync(tool, ['--version']).error) return `${tool} is not installed`;
  const fresh = `${cache}lib-${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${fresh}`];
  const fetched = spawnSync('mvn', ['-B', '-q', '-f', `${source}pom.xml`, ...copy], { timeout: FETCH_MS, encoding: 'utf8' });
  if (fetched.status !== 0) return `Maven could not fetch ${name}: ${fetched.stdout.slice(-300)}`;
  const problem = finish?.(fresh);
  if (problem !== undefined) return problem;
  if (existsSync(`${cache}lib`)) rmSync(fresh, { recursive: true });
  else renameSync(fresh, `${cache}lib`);
  return undefined;
}
