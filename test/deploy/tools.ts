/** What the tests of deploy/ share: foreign tools as judges, and why a test is skipped where one is missing. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Told {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** A reason to skip, or false when every program is there. */
export function missing(...programs: readonly string[]): string | false {
  const absent = programs.filter((program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0);
  return absent.length === 0 ? false : `${absent.join(' and ')} not installed here`;
}

export function tell(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Told> {
  return new Promise((resolve) => {
    execFile(program, args, { maxBuffer: 64 * 1024 * 1024, ...options }, (error, output, errors) =>
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, output, errors }),
    );
  });
}

/** What test/deploy/check reads out of the files; its refusal is the error. */
export async function readByItsTool(kind: 'kubernetes' | 'compose' | 'dockerfile', files: readonly string[]): Promise<unknown> {
  const { code, output, errors } = await tell('go', ['run', '.', kind, ...files], { cwd: join(root, 'test/deploy/check') });
  if (code !== 0) throw new Error(errors);
  return JSON.parse(output);
}

export async function scratch(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kq-deploy-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Secrets as an operator makes them. */
export async function makeSecrets(t: TestContext): Promise<string> {
  const folder = join(await scratch(t), 'secrets');
  const { code, errors } = await tell('sh', [join(root, 'deploy/make-secrets.sh'), folder, 'bus.example.org']);
  if (code !== 0) throw new Error(errors);
  return folder;
}
