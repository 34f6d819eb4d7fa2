/** The signing examples of the console, run as they are shown against a server that checks signatures as a gateway does. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { promisify } from 'node:util';
import { javaExample } from '../../designer/src/signing/java-example.ts';
import { nodeExample } from '../../designer/src/signing/node-example.ts';
import { pythonExample } from '../../designer/src/signing/python-example.ts';
import { shellExample } from '../../designer/src/signing/shell-example.ts';
import type { SignedCall } from '../../designer/src/signing/signed-call.ts';
import { SIGNATURE_SCHEMES } from '../../gateways/contract.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { startSmallGateway, type RegisteredKey, type SmallGateway } from '../sdk/small-gateway.ts';

type Scheme = SignedCall['scheme'];

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'kq-examples-'));
const keys: Partial<Record<Scheme, string>> = {};
let gateway: SmallGateway;

before(async () => {
  const crypto = createSoftwareCrypto();
  const registered: Record<string, RegisteredKey> = {};
  for (const scheme of SIGNATURE_SCHEMES) {
    const made = await crypto.generateKey(scheme);
    registered[`A10021/${scheme}`] = { scheme, ...('secret' in made ? made : { publicPem: made.publicPem }) };
    keys[scheme] = 'secret' in made ? made.secret : file(`${scheme}.pem`, made.privatePem);
  }
  gateway = await startSmallGateway(registered);
});

after(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true });
});

/** A call with everything, quotes and Chinese among it, and one with nothing. */
function calls(scheme: Scheme): readonly SignedCall[] {
  const [platformKeyId = '', publicPem = ''] = Object.entries(gateway.platformKeys)[0] ?? [];
  const base = { url: gateway.url, appId: 'A10021', keyId: scheme, scheme, platformKey: { keyId: platformKeyId, publicPem } };
  const body = JSON.stringify({ name: '虚构 O\'Neil "甲"', percent: '100%', path: 'a\\b' });
  return [
    { ...base, method: 'PUT', path: '/open/v1/appointments/7', query: 'dry=1&to=%E7%94%B2', body, isKeyed: true },
    { ...base, method: 'GET', path: '/open/v1/departments', query: '', isKeyed: false },
  ];
}

for (const scheme of SIGNATURE_SCHEMES) {
  test(`the shell example is accepted: ${scheme}`, async (t) => {
    if (!(await has('openssl', 'version')) || !(await has('curl', '--version'))) return t.skip('openssl or curl is absent');
    for (const call of calls(scheme)) accepted(await example(scheme, 'bash', [file('sign.sh', shellExample(call))]));
  });

  test(`the Node example is accepted and accepts the answer: ${scheme}`, async () => {
    const sdk = new URL('../../sdk/public.ts', import.meta.url).href;
    for (const call of calls(scheme))
      accepted(await example(scheme, process.execPath, [file('sign.mjs', nodeExample(call).replace('kangqiao/sdk', sdk))]));
  });

  test(`the Python example is accepted: ${scheme}`, async (t) => {
    if (!(await has('python3', '--version'))) return t.skip('python3 is absent');
    for (const call of calls(scheme)) accepted(await example(scheme, 'python3', [file('sign.py', pythonExample(call))]));
  });
}

for (const scheme of ['RSA-SHA256', 'RSA-PSS-SHA256', 'HMAC-SHA256'] as const) {
  test(`the Java example is accepted: ${scheme}`, async (t) => {
    if (!(await has('java', '--version'))) return t.skip('java is absent');
    const [call] = calls(scheme);
    accepted(await example(scheme, 'java', ['-Xshare:auto', '-XX:TieredStopAtLevel=1', file('Sign.java', javaExample(call!))]));
  });
}

async function example(scheme: Scheme, program: string, parameters: string[]): Promise<string> {
  const { stdout } = await run(program, parameters, { env: { ...process.env, KQ_KEY: keys[scheme] ?? '' }, timeout: 60_000 });
  return stdout;
}

function accepted(output: string): void {
  assert.match(output, /accepted/);
}

async function has(program: string, parameter: string): Promise<boolean> {
  return run(program, [parameter]).then(
    () => true,
    () => false,
  );
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}
