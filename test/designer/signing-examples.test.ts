/** The signing examples of the console and of docs/signing.md, run as they are shown against a server that checks signatures as a gateway does. */
import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import test, { after, before } from 'node:test';
import { goExample } from '../../designer/src/signing/go-example.ts';
import { javaExample } from '../../designer/src/signing/java-example.ts';
import { nodeExample } from '../../designer/src/signing/node-example.ts';
import { pythonExample } from '../../designer/src/signing/python-example.ts';
import { shellExample } from '../../designer/src/signing/shell-example.ts';
import type { SignedCall } from '../../designer/src/signing/signed-call.ts';
import { SIGNATURE_SCHEMES } from '../../gateways/documents/caller-documents.ts';
import { EXAMPLE_APP, has, startExamplePrograms, type ExamplePrograms } from './example-programs.ts';

/** A version that was tried with these examples. */
const GMSM_VERSION = 'v0.15.5';

type Scheme = SignedCall['scheme'];

let programs: ExamplePrograms;

before(async () => {
  programs = await startExamplePrograms(SIGNATURE_SCHEMES);
});
after(() => programs.stop());

/** A call with everything, quotes and Chinese among it, and one with nothing. */
function calls(scheme: Scheme): readonly SignedCall[] {
  const { gateway } = programs;
  const [platformKeyId = '', publicPem = ''] = Object.entries(gateway.platformKeys)[0] ?? [];
  const base = { url: gateway.url, appId: EXAMPLE_APP, keyId: scheme, scheme, platformKey: { keyId: platformKeyId, publicPem } };
  const body = JSON.stringify({ name: '虚构 O\'Neil "甲"', percent: '100%', path: 'a\\b' });
  return [
    { ...base, method: 'PUT', path: '/open/v1/appointments/7', query: 'dry=1&to=%E7%94%B2', body, isKeyed: true },
    { ...base, method: 'GET', path: '/open/v1/departments', query: '', isKeyed: false },
  ];
}

for (const scheme of SIGNATURE_SCHEMES) {
  test(`the shell example is accepted: ${scheme}`, async (t) => {
    if (!(await has('openssl', 'version')) || !(await has('curl', '--version'))) return t.skip('openssl or curl is absent');
    for (const call of calls(scheme)) accepted(await programs.run(scheme, 'bash', [programs.file('sign.sh', shellExample(call))]));
  });

  test(`the Node example is accepted and accepts the answer: ${scheme}`, async () => {
    const sdk = new URL('../../sdk/public.ts', import.meta.url).href;
    for (const call of calls(scheme))
      accepted(await programs.run(scheme, process.execPath, [programs.file('sign.mjs', nodeExample(call).replace('kangqiao/sdk', sdk))]));
  });

  test(`the Python example is accepted: ${scheme}`, async (t) => {
    if (!(await has('python3', '--version'))) return t.skip('python3 is absent');
    for (const call of calls(scheme)) accepted(await programs.run(scheme, 'python3', [programs.file('sign.py', pythonExample(call))]));
  });
}

for (const scheme of ['RSA-SHA256', 'RSA-PSS-SHA256', 'HMAC-SHA256'] as const) {
  test(`the Java example is accepted: ${scheme}`, async (t) => {
    if (!(await has('java', '--version'))) return t.skip('java is absent');
    const [call] = calls(scheme);
    accepted(
      await programs.run(scheme, 'java', ['-Xshare:auto', '-XX:TieredStopAtLevel=1', programs.file('Sign.java', javaExample(call!))]),
    );
  });
}

for (const scheme of ['RSA-SHA256', 'RSA-PSS-SHA256', 'HMAC-SHA256'] as const) {
  test(`the Go example is accepted: ${scheme}`, async (t) => {
    if (!(await has('go', 'version'))) return t.skip('go is absent');
    const [call] = calls(scheme);
    accepted(await programs.run(scheme, 'go', ['run', programs.file('sign.go', goExample(call!))]));
  });
}

for (const scheme of ['SM2-SM3', 'HMAC-SM3'] as const) {
  test(`the Go example with gmsm is accepted: ${scheme}`, async (t) => {
    if (!(await has('go', 'version'))) return t.skip('go is absent');
    const [call] = calls(scheme);
    const source = programs.file('sign.go', goExample(call!));
    programs.file('go.mod', `module sign\n\ngo 1.24\n\nrequire github.com/emmansun/gmsm ${GMSM_VERSION}\n`);
    if (!(await has('go', '-C', dirname(source), 'mod', 'tidy'))) return t.skip('the Go module gmsm cannot be fetched');
    accepted(await programs.run(scheme, 'go', ['run', '-C', dirname(source), '.']));
  });
}

function accepted(output: string): void {
  assert.match(output, /accepted/);
}
