/** The programs of examples/callers: a session and encrypted bodies in other languages, against the real open front. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildInterface, buildPlan, createTestKey, crypto } from '../gateways/support/city-plan.ts';
import { createEncryption } from '../gateways/support/encryption.ts';
import { startGateway, type TestGateway } from '../gateways/support/start-gateway.ts';
import { prepareJars } from '../servers/maven-jars.ts';
import { preparePythonPackages, pythonOf } from '../servers/python-packages.ts';

const run = promisify(execFile);
const programs = fileURLToPath(new URL('../../examples/callers/', import.meta.url));
const javaCache = fileURLToPath(new URL('../../node_modules/.cache/servers/bouncy-castle/', import.meta.url));
let running: TestGateway;
let folder: string;
let parameters: readonly string[];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kq-callers-'));
  const made = (await crypto.generateKey('SM2-SM3')) as { privatePem: string; publicPem: string };
  const key = await createTestKey('SM2-SM3', 'A10021', { publicPem: made.publicPem });
  const encryption = await createEncryption({ A10021: 'SM2' });
  const plan = await buildPlan([key], [buildInterface({ policies: { envelope: { request: 'require' } } })], encryption.plan);
  running = await startGateway(plan);
  const files = {
    ...{ sign: made.privatePem, encryption: encryption.privatePems['A10021']! },
    ...{ p1: plan.platformKey.publicPem, p2: encryption.platform.p2 },
  };
  for (const [name, pem] of Object.entries(files)) await writeFile(join(folder, `${name}.pem`), pem, { mode: 0o600 });
  parameters = [running.gateway.address, 'A10021', 'k1', ...Object.keys(files).map((name) => join(folder, `${name}.pem`))];
});
after(async () => {
  await running.stop();
  await rm(folder, { recursive: true });
});

test('the Python program opens a session, and sends and opens envelopes', async (t) => {
  const problem = preparePythonPackages('cryptography', ['cryptography==48.0.0']);
  if (problem !== undefined) return t.skip(problem);
  await works(pythonOf('cryptography'), [join(programs, 'session.py'), ...parameters]);
});

test('the Java program opens a session, and sends and opens envelopes', async (t) => {
  const problem = prepareJars({ name: 'Bouncy Castle', source: join(programs, 'java/'), cache: javaCache, tools: ['java'] });
  if (problem !== undefined) return t.skip(problem);
  const options = ['-Xshare:auto', '-XX:TieredStopAtLevel=1', '-cp', join(javaCache, 'lib/*')];
  await works('java', [...options, join(programs, 'java/Session.java'), ...parameters]);
});

test('the Go program opens a session, and sends and opens envelopes', async (t) => {
  const program = join(folder, 'session');
  const built = await run('go', ['build', '-C', join(programs, 'go'), '-o', program, '.'], { timeout: 300_000 }).catch(String);
  if (typeof built === 'string') return t.skip(`the Go program cannot be built here: ${built.slice(0, 300)}`);
  await works(program, parameters);
});

/** The program prints what the flow gave back; the flow was called by the session, with the content of the envelope. */
async function works(program: string, args: readonly string[]): Promise<void> {
  const before = running.calls.length;
  const { stdout } = await run(program, args, { timeout: 120_000 });
  assert.match(stdout, /^200 \{"body":\{"hospital":"A","department":"0300"\}/);
  assert.equal(running.calls.length, before + 1);
}
