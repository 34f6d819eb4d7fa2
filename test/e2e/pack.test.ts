/** What others get: the tarball of `npm pack`, installed in an empty folder as its users do, started, called, and built upon. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cityFiles, CITY_APP, CITY_KEY_ID } from '../../examples/city/load-city.ts';
import { choosePorts, makeScratch, removeScratch, runCommand, startPlatform, type Platform } from '../support/platform-process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const NO_REGISTRY = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/;
const scratch = await makeScratch();
const project = join(scratch, 'project');
let platform: Platform | undefined;

after(async () => {
  platform?.process.kill('SIGKILL');
  await removeScratch(scratch);
});

test('the packed product installs in an empty folder, starts, serves, stops, and types what is built on it', async (t) => {
  await mkdir(project);
  const { stdout } = await npm(root, 'pack', '--json', '--pack-destination', scratch);
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('['))) as [{ filename: string; files: { path: string }[] }];
  assert.deepEqual(
    packed.files.filter(({ path }) => !/^(bin|dist)\/|^package\.json$|^README/.test(path)),
    [],
  );
  const installed = await npm(project, 'install', '--prefer-offline', '--no-audit', '--no-fund', join(scratch, packed.filename)).catch(
    (error: Error) => error,
  );
  if (installed instanceof Error && NO_REGISTRY.test(installed.message)) return t.skip('the package registry cannot be reached');
  assert.ok(!(installed instanceof Error), String(installed));
  await startAndCall(join(project, 'node_modules', 'kangqiao', 'bin', 'kangqiao.mjs'));
  await typeCheck();
});

async function startAndCall(program: string): Promise<void> {
  platform = await startPlatform({ scratch, ports: await choosePorts(), example: true, program });
  const { ports, cityFolder, dataFolder } = platform;
  const order = { hospital: 'B', department: '01', date: '2026-12-01', patient: { patientId: 'P000002', name: '虚构丙甲' } };
  const call = [
    'sign',
    '--send',
    '--app',
    CITY_APP,
    '--key-id',
    CITY_KEY_ID,
    '--key',
    cityFiles(cityFolder).appKey,
    '--ca',
    join(dataFolder, 'tls', 'ca.crt'),
  ];
  const rest = ['-H', 'Idempotency-Key: packed-1', '-d', JSON.stringify(order), `https://127.0.0.1:${ports.open}/open/v1/appointments`];
  const answer = await runCommand([...call, ...rest], '', program);
  assert.match(answer.stdout, /"registrationNo"/, answer.stdout + answer.stderr);
  const { code } = await platform.end('SIGINT');
  assert.equal(code, 0, platform.output());
}

/** A custom node, a caller, and a test of the node: strict, and our declarations are checked with them. */
const AUTHOR = `
import { Type } from 'typebox';
import { createMessage, defineNode, inPort, okPort, AppError, type FlowDocument } from 'kangqiao/contract';
import { createSigningClient, type SignedAnswer } from 'kangqiao/sdk';
import { createUserClient } from 'kangqiao/sdk/browser';
import { runNode } from 'kangqiao/testing';

export const shout = defineNode({
  type: 'own.shout', major: 1, kind: 'action', category: 'transform', icon: 'speech',
  text: { label: { 'zh-CN': '大写', en: 'Shout' }, help: { 'zh-CN': '大写', en: 'Upper case' } },
  ports: { in: [inPort], out: [okPort] }, effect: 'pure',
  config: Type.Object({ mark: Type.String({ default: '!' }) }),
  prepare: ({ mark }) => (_ctx, message) => {
    if (typeof message.data !== 'string') throw new AppError('OWN_NO_TEXT', 'input', 'This is no text.');
    return { emit: { ok: [createMessage(message.data.toUpperCase() + mark)] } };
  },
});
// @ts-expect-error a mark is a text
export const wrong: Parameters<typeof shout.prepare>[0] = { mark: 7 };
export const flows: readonly FlowDocument[] = [];
export const ask = (key: string): Promise<SignedAnswer> =>
  createSigningClient({ baseUrl: 'https://x', appId: 'A', keyId: 'k', scheme: 'SM2-SM3', key, platformKeys: {} }).fetch('/open/v1/departments');
export const page = createUserClient({ baseUrl: 'https://x', token: () => 't' });
export const tried = runNode(shout, { config: { mark: '?' }, message: createMessage('hello') });
`;

async function typeCheck(): Promise<void> {
  await writeFile(join(project, 'author.ts'), AUTHOR);
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    module: 'nodenext',
    target: 'es2024',
    types: ['node'],
  };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['author.ts'] }));
  await mkdir(join(project, 'node_modules', '@types'), { recursive: true });
  // A package that the product needs may have brought its own.
  await rm(join(project, 'node_modules/@types/node'), { recursive: true, force: true });
  await symlink(join(root, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'));
  await run(process.execPath, project, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.']);
}

function npm(folder: string, ...args: readonly string[]): Promise<{ readonly stdout: string }> {
  return run('npm', folder, args);
}

function run(program: string, cwd: string, args: readonly string[]): Promise<{ readonly stdout: string }> {
  // A test that runs below `npm test` would otherwise install into the checkout.
  const { npm_config_local_prefix: _ours, ...env } = process.env;
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd, env, maxBuffer: 64 << 20, timeout: 150_000 }, (error, stdout, stderr) =>
      error ? reject(new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error })) : resolve({ stdout }),
    );
  });
}
