/** The examples of docs/signing.md are run as they stand, against a server that checks signatures as a gateway does. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { promisify } from 'node:util';
import type { Kq1Scheme } from '../../sdk/public.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { startSmallGateway, type SmallGateway } from './small-gateway.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'kq-signing-'));
const guide = readFileSync(new URL('../../docs/signing.md', import.meta.url), 'utf8');
const keys: Partial<Record<Kq1Scheme, string>> = {};
let gateway: SmallGateway;

before(async () => {
  const crypto = createSoftwareCrypto();
  const registered: Record<string, { scheme: Kq1Scheme; publicPem?: string; secret?: string }> = {};
  for (const scheme of ['SM2-SM3', 'RSA-SHA256', 'HMAC-SHA256'] as const) {
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

test('the shell example is accepted', async (t) => {
  if (!(await has('openssl', 'version')) || !(await has('curl', '--version'))) return t.skip('openssl or curl is absent');
  accepted(await runExample('SM2-SM3', 'bash', [file('sign.sh', example('bash'))]));
});

test('the Python example is accepted', async (t) => {
  if (!(await has('python3', '--version'))) return t.skip('python3 is absent');
  accepted(await runExample('HMAC-SHA256', 'python3', [file('sign.py', example('python'))]));
});

test('the Java example is accepted', async (t) => {
  if (!(await has('java', '--version'))) return t.skip('java is absent');
  accepted(await runExample('RSA-SHA256', 'java', ['-Xshare:auto', '-XX:TieredStopAtLevel=1', file('Sign.java', example('java'))]));
});

test('the Node example is accepted and accepts the answer', async () => {
  const sdk = new URL('../../sdk/public.ts', import.meta.url).href;
  accepted(await runExample('SM2-SM3', process.execPath, [file('sign.mjs', example('js').replace('kangqiao/sdk', sdk))]));
});

function example(language: string): string {
  const code = new RegExp(`\`\`\`${language}\n([^]*?)\n\`\`\``).exec(guide)?.[1];
  assert.ok(code, `docs/signing.md has an example in ${language}`);
  return `${code}\n`;
}

async function runExample(scheme: Kq1Scheme, program: string, parameters: string[]): Promise<string> {
  const env = {
    ...process.env,
    KQ_URL: gateway.url,
    KQ_HOST: gateway.host,
    KQ_APP: 'A10021',
    KQ_KEYID: scheme,
    KQ_KEY: keys[scheme] ?? '',
    KQ_PLATFORM_KEYID: 'p1',
    KQ_PLATFORM_KEY: file('platform.pem', gateway.platformKeys.p1 ?? ''),
  };
  const { stdout } = await run(program, parameters, { env, timeout: 60_000 });
  return stdout;
}

function accepted(output: string): void {
  assert.match(output, /accepted/);
  assert.match(output, /A10021/);
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
