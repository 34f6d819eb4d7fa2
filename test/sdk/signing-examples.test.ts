/** The examples of docs/signing.md are run as they stand, against a server that checks signatures as a gateway does. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import type { Kq1Scheme } from '../../sdk/public.ts';
import { EXAMPLE_APP, has, startExamplePrograms, type ExamplePrograms } from './example-programs.ts';

const guide = readFileSync(new URL('../../docs/signing.md', import.meta.url), 'utf8');
let programs: ExamplePrograms;

before(async () => {
  programs = await startExamplePrograms(['SM2-SM3', 'RSA-SHA256', 'HMAC-SHA256']);
});
after(() => programs.stop());

test('the shell example is accepted', async (t) => {
  if (!(await has('openssl', 'version')) || !(await has('curl', '--version'))) return t.skip('openssl or curl is absent');
  accepted(await runExample('SM2-SM3', 'bash', [programs.file('sign.sh', example('bash'))]));
});

test('the Python example is accepted', async (t) => {
  if (!(await has('python3', '--version'))) return t.skip('python3 is absent');
  accepted(await runExample('HMAC-SHA256', 'python3', [programs.file('sign.py', example('python'))]));
});

test('the Java example is accepted', async (t) => {
  if (!(await has('java', '--version'))) return t.skip('java is absent');
  accepted(
    await runExample('RSA-SHA256', 'java', ['-Xshare:auto', '-XX:TieredStopAtLevel=1', programs.file('Sign.java', example('java'))]),
  );
});

test('the Node example is accepted and accepts the answer', async () => {
  const sdk = new URL('../../sdk/public.ts', import.meta.url).href;
  accepted(await runExample('SM2-SM3', process.execPath, [programs.file('sign.mjs', example('js').replace('kangqiao/sdk', sdk))]));
});

function example(language: string): string {
  const code = new RegExp(`\`\`\`${language}\n([^]*?)\n\`\`\``).exec(guide)?.[1];
  assert.ok(code, `docs/signing.md has an example in ${language}`);
  return `${code}\n`;
}

function runExample(scheme: Kq1Scheme, program: string, parameters: string[]): Promise<string> {
  const { gateway, file, run } = programs;
  return run(scheme, program, parameters, {
    KQ_URL: gateway.url,
    KQ_HOST: gateway.host,
    KQ_APP: EXAMPLE_APP,
    KQ_KEYID: scheme,
    KQ_PLATFORM_KEYID: 'p1',
    KQ_PLATFORM_KEY: file('platform.pem', gateway.platformKeys.p1 ?? ''),
  });
}

function accepted(output: string): void {
  assert.match(output, /accepted/);
  assert.match(output, /A10021/);
}
