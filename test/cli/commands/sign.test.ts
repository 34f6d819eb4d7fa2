/** `kangqiao sign` against a local gateway that answers what the test says. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { EXIT } from '../../../cli/shared/exit-codes.ts';
import { canonicalAnswer, KQ1_HEADERS, parseAuthorization } from '../../../engine/contract/kq1/kq1.ts';
import { nodeCrypto, signText } from '../../../sdk/node/node-crypto.ts';
import { signRequest } from '../../../sdk/public.ts';
import { recordingControl, type Asked } from '../recording-control.ts';
import { inProcess } from '../run-in-process.ts';

const SECRET = Buffer.from('a secret of the app').toString('base64url');

test('an answer that the platform signed is printed and said to hold', async (t) => {
  const { sign } = await gateway(t, (response, asked) => answerSigned(response, asked, '{"slots":3}'));
  const { code, out, err } = await sign(['--send', '-d', '{"dept":"内科"}', '-H', 'X-Trace: t1']);
  assert.deepEqual([code, out], [EXIT.ok, '{"slots":3}']);
  assert.match(err, /^HTTP 200\n.*signature/);
});

test('an answer that was changed on its way, or that carries no signature, fails', async (t) => {
  const forged = await gateway(t, (response, asked) => answerSigned(response, asked, '{"slots":3}', '{"slots":0}'));
  const changed = await forged.sign(['--send']);
  assert.deepEqual([changed.code, (changed.error as { code: string }).code], [EXIT.failed, 'SDK_ANSWER_FORGED']);
  const plain = await gateway(t, (response) => void response.end('{}'));
  assert.equal(((await plain.sign(['--send'])).error as { code: string }).code, 'SDK_ANSWER_UNSIGNED');
});

test('a refusal is printed as it came and makes the exit code 1', async (t) => {
  const { sign } = await gateway(t, (response) => void response.writeHead(401).end('{"code":"GW40101"}'));
  const { code, out, err, error } = await sign(['--send']);
  assert.deepEqual([code, out, err, error], [EXIT.failed, '{"code":"GW40101"}', 'HTTP 401', undefined]);
});

test('an answer is shown in its own charset, and an unknown one as UTF-8', async (t) => {
  const gb = Buffer.from([0xbc, 0xd7]);
  const type = (charset: string) => ({ 'content-type': `text/plain; charset=${charset}` });
  const known = await gateway(t, (response) => void response.writeHead(400, type('GB18030')).end(gb));
  assert.equal((await known.sign(['--send'])).out, '甲');
  const unknown = await gateway(t, (response) => void response.writeHead(400, type('x-none')).end('甲'));
  assert.equal((await unknown.sign(['--send'])).out, '甲');
});

test('the method is GET without a body and POST with one, unless it is named; headers are sent as given', async (t) => {
  const { sign, asked } = await gateway(t, (response) => void response.end());
  await sign(['--send']);
  await sign(['--send', '-d', 'x', '-H', 'Content-Type:text/plain', '-H', 'X-Url: http://a:1/']);
  await sign(['--send', '-X', 'put', '-d', '{}']);
  assert.deepEqual(
    asked.map(({ line, headers, bytes }) => [line.split(' ')[0], headers['content-type'], headers['x-url'], bytes.toString()]),
    [
      ['GET', undefined, undefined, ''],
      ['POST', 'text/plain', 'http://a:1/', 'x'],
      ['PUT', 'application/json', undefined, '{}'],
    ],
  );
});

test('a command for curl trusts the authority of the data folder, names a file, and reads no file for a text with @', async (t) => {
  const { sign, folder } = await gateway(t, (response) => void response.end());
  mkdirSync(join(folder, 'tls'));
  writeFileSync(join(folder, 'tls', 'ca.crt'), 'pem');
  writeFileSync(join(folder, "it's.json"), '{}');
  const fromFile = await sign(['--body-file', join(folder, "it's.json")]);
  assert.ok(fromFile.out.includes(`--cacert '${join(folder, 'tls', 'ca.crt')}'`), fromFile.out);
  assert.ok(fromFile.out.includes(`--data-binary '@${folder}/it'\\''s.json'`), fromFile.out);
  assert.match((await sign(['-d', '@secret'])).out, /--data-raw '@secret'$/);
});

test('what is no address or no header is wrong usage, and an address where nobody is exits as unreachable', async (t) => {
  const { sign, close } = await gateway(t, (response) => void response.end());
  assert.equal((await sign([], '/open/v1/a')).code, EXIT.usage);
  assert.equal((await sign([], 'ftp://a/b')).code, EXIT.usage);
  assert.equal((await sign(['-H', 'no header'])).code, EXIT.usage);
  await close();
  assert.equal((await sign(['--send'])).code, EXIT.unreachable);
});

async function gateway(t: TestContext, answer: (response: ServerResponse, asked: Asked) => void | Promise<void>) {
  const { address, asked, close } = await recordingControl(t, answer);
  const { run, folder } = inProcess(t);
  const key = join(folder, 'app.secret');
  writeFileSync(key, `${SECRET}\n`);
  const own = ['sign', '--app', 'A1', '--key-id', 'k1', '--key', key, '--scheme', 'HMAC-SM3'];
  const sign = (args: readonly string[], url = `${address}/open/v1/slots?dept=01`) => run([...own, ...args, url]);
  return { sign, asked, folder, close };
}

/** Answers as the platform does, with a signature over `body`; `sent` is what arrives. */
async function answerSigned(response: ServerResponse, { line, headers, bytes }: Asked, body: string, sent = body): Promise<void> {
  const scheme = 'HMAC-SM3';
  const { ts, nonce, signed } = parseAuthorization(String(headers.authorization));
  const [method = '', target = ''] = line.split(' ');
  const { canonical } = await signRequest({
    ...{ method, url: `http://${headers.host}${target}`, body: bytes, appId: 'A1', keyId: 'k1', scheme, key: SECRET, nonce },
    headers: Object.fromEntries(signed.filter((name) => name !== 'host').map((name) => [name, String(headers[name])])),
    clock: { now: () => Number(ts) },
  });
  const own = { 'content-type': 'application/json' };
  const now = String(Date.now());
  const text = canonicalAnswer({
    ...{ requestDigest: await nodeCrypto.digestHex(scheme, Buffer.from(canonical)), scheme, keyId: 'k1', ts: now, nonce, status: 200 },
    ...{ headers: Object.entries(own), bodyDigest: await nodeCrypto.digestHex(scheme, Buffer.from(body)) },
  });
  const signature = signText(text, scheme, SECRET);
  response.writeHead(200, { ...own, [KQ1_HEADERS.keyId]: 'k1', [KQ1_HEADERS.ts]: now, [KQ1_HEADERS.signature]: signature }).end(sent);
}
