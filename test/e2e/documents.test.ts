/**
 * The commands of README.md, README.zh.md, docs/admin-api.md, docs/command-line.md, docs/user-front.md and docs/signing.md, run by bash as they stand there against a
 * started system; only ports are those of the test. What a page says is printed is what is printed, `…` standing for anything.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { has } from '../designer/example-programs.ts';
import { openCity, type City } from '../support/city.ts';
import { PRODUCT_ROOT } from '../support/copy-product.ts';
import { blocksOf, isRun } from '../support/document-blocks.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';

let scratch: string;
let platform: Platform;
let city: City;

before(async () => {
  scratch = await makeScratch();
  platform = await startPlatform({ scratch, ports: await choosePorts(), example: true });
  city = await openCity(platform);
  // The folder of the reader: a checkout whose data folder is `data`, with the command on the path.
  await symlink(join(PRODUCT_ROOT, 'bin'), join(scratch, 'bin'));
  await mkdir(join(scratch, 'path'));
  const command = `#!/bin/sh\nexec '${process.execPath}' '${join(PRODUCT_ROOT, 'bin', 'kangqiao.mjs')}' "$@"\n`;
  await writeFile(join(scratch, 'path', 'kangqiao'), command, { mode: 0o755 });
});
after(async () => {
  platform?.process.kill('SIGKILL');
  await city?.close();
  await removeScratch(scratch);
});

test('docs/admin-api.md: login, a read, a token, changes, errors and calls of the bus front by curl', async (t) => {
  if (!(await has('curl', '--version'))) return t.skip('curl is absent');
  if (!(await has('openssl', 'version'))) return t.skip('openssl is absent');
  const { name, password } = await city.person(['analyst']);
  await runPage('docs/admin-api.md', 'bash', { NAME: name, PASSWORD: password, ...(await securityAdministrator()) });
});

for (const page of ['README.md', 'README.zh.md']) {
  test(`${page}: the call and the commands`, async () => {
    const said = await runPage(page, 'bash');
    assert.match(said[0]!, /HTTP 201/);
    assert.match(said[1]!, /flw_appointment/);
  });
}

test('docs/user-front.md: the app of citizens, a key, a site and the first call', async (t) => {
  if (!(await has('curl', '--version'))) return t.skip('curl is absent');
  if (!(await has('openssl', 'version'))) return t.skip('openssl is absent');
  const { name, password } = await city.person(['analyst', 'operator', 'security-admin']);
  await runPage('docs/user-front.md', 'bash', { NAME: name, PASSWORD: password });
});

test('docs/command-line.md: adapters in Git, and each kind of file by the role that may apply it', async () => {
  const { name, password } = await city.person(['analyst']);
  const analyst = { ANALYST_NAME: name, ANALYST_PASSWORD: password };
  await runPage('docs/command-line.md', 'bash', { ...analyst, ...(await securityAdministrator()) });
  const adapter = JSON.parse(await readFile(join(scratch, 'adapters', 'hospital-a.json'), 'utf8')) as { adapterId: string };
  assert.equal(adapter.adapterId, 'adp_hospital_a');
});

test('docs/signing.md: the platform’s public key is fetched, and answers are checked with it', async () => {
  await runPage('docs/signing.md', 'sh');
  const { platformKey } = (await city.admin('GET', '/overview')) as { platformKey: { publicPem: string } };
  const fetched = createPublicKey(await readFile(join(scratch, 'platform.pem')));
  assert.ok(fetched.equals(createPublicKey(platformKey.publicPem)));
});

async function securityAdministrator(): Promise<Environment> {
  const { name, password } = await city.person(['security-admin']);
  return { SECURITY_NAME: name, SECURITY_PASSWORD: password };
}

type Environment = Readonly<Record<string, string>>;

/** Runs the blocks of one language in one shell and returns what each printed. A command that fails ends the shell, and the test. */
async function runPage(page: string, language: string, environment: Environment = {}): Promise<string[]> {
  const blocks = blocksOf(page);
  const run = blocks.filter((block) => block.language === language && isRun(block));
  assert.ok(run.length > 0, page);
  const said = (await bash(run.map(({ text }) => withPorts(text)).join(`\necho '${MARK}'\n`), environment)).split(`${MARK}\n`);
  for (const [index, block] of run.entries()) {
    const next = blocks[blocks.indexOf(block) + 1];
    // A block of text behind the commands is what they print.
    if (next?.language === 'text') assert.match(said[index]!.trim(), patternOf(next.text), `${page}:${block.line}`);
  }
  return said;
}

const MARK = '=== next block ===';

function bash(script: string, environment: Environment): Promise<string> {
  const env = {
    ...process.env,
    PATH: `${join(scratch, 'path')}:${process.env['PATH'] ?? ''}`,
    API: `http://127.0.0.1:${platform.ports.control}/api/v1`,
    ...environment,
  };
  return new Promise((resolve, reject) => {
    const child = execFile('bash', ['-euo', 'pipefail'], { cwd: scratch, env, timeout: 300_000 }, (error, stdout, stderr) =>
      error ? reject(new Error(`${stdout}\n${stderr}`, { cause: error })) : resolve(stdout),
    );
    // Progress and problems are part of what a reader sees.
    child.stdin!.end(`exec 2>&1\n${script}`);
  });
}

/** Of those of the documents the ports of this run. */
function withPorts(text: string): string {
  const { open, user, bus, control, example } = platform.ports;
  const ports: Readonly<Record<string, number>> = { 8440: control, 8441: open, 8442: user, 8443: bus, 21001: example + 1 };
  return text.replace(/127\.0\.0\.1:(\d+)/g, (whole, port: string) => (ports[port] === undefined ? whole : `127.0.0.1:${ports[port]}`));
}

function patternOf(text: string): RegExp {
  const parts = text
    .trim()
    .split('…')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^]*?')}$`);
}
