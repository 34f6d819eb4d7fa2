/** How logins are hidden in the bytes of each kind of protocol. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SecretValues } from '../../../../nodes/shared/probe/secret-values.ts';
import { Recording } from '../../../../nodes/shared/probe/watch-sockets.ts';
import { showExchange, type WireFormat } from '../../../../nodes/shared/probe/wire-formats.ts';

function show(format: WireFormat, sent: string | Buffer, received: string | Buffer = '', greetingBytes = 0) {
  const record = (content: string | Buffer) => {
    const recording = new Recording();
    recording.add(content);
    return recording;
  };
  const connection = { target: 'h:1', isTls: false, sent: record(sent), received: record(received), greetingBytes };
  const shown = showExchange(connection, format, new SecretValues());
  const textOf = (bytes: string) => Buffer.from(bytes, 'base64').toString('latin1');
  return {
    sent: textOf(shown.sent.content),
    received: textOf(shown.received.content),
    missing: [shown.sent.missing, shown.received.missing],
  };
}

const S = '******';
const lines = (...all: readonly string[]) => all.join('\r\n');

test('the login commands of mail and FTP show neither user nor password', () => {
  assert.equal(
    show('lines', lines('EHLO kangqiao', 'AUTH PLAIN AGxhYgBzZWNyZXQ=', 'QUIT', '')).sent,
    lines('EHLO kangqiao', `AUTH PLAIN ${S}`, 'QUIT', ''),
  );
  const long = show('lines', lines('AUTH LOGIN', 'bGFi', 'c2VjcmV0', 'QUIT', ''), lines('334 VXNlcm5hbWU6', '235 ok'));
  assert.deepEqual([long.sent, long.received], [lines('AUTH LOGIN', S, S, 'QUIT', ''), lines(`334 ${S}`, '235 ok')]);
  assert.equal(
    show('lines', lines('A1 LOGIN {3}', 'lab {9}', 'AB SECRET', 'A2 LIST "" *', '')).sent,
    lines(`A1 LOGIN ${S}`, S, S, 'A2 LIST "" *', ''),
  );
  assert.equal(show('lines', lines('AUTH TLS', 'USER lab', 'PASS secret', 'PWD')).sent, lines('AUTH TLS', 'USER lab', `PASS ${S}`, 'PWD'));
});

test('the login messages of PostgreSQL, Redis and STOMP are hidden; the rest is shown', () => {
  const message = (type: string, body: string) => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length + 4);
    return Buffer.concat([Buffer.from(type), head, Buffer.from(body)]);
  };
  const start = Buffer.concat([message('', '\u0004\u0004\u0000\u0000'), message('', '\0\u0003\0\0user\0lab\0\0')]);
  const postgres = show(
    'postgresql',
    Buffer.concat([start, message('p', 'SCRAM-SHA-256 n,,n=,r=abc'), message('Q', 'SELECT 1')]),
    Buffer.concat([Buffer.from('S'), message('R', '\0\0\0\u000br=abc,s=salt,i=4096'), message('Z', 'I')]),
  );
  assert.match(postgres.sent, /user\0lab\0\0p\*{6}Q\0\0\0\u000cSELECT 1$/);
  assert.match(postgres.received, /^SR\*{6}Z/);
  assert.doesNotMatch(postgres.sent + postgres.received, /SCRAM|salt|r=abc/);
  // A part of a message could be a login.
  assert.doesNotMatch(show('postgresql', Buffer.concat([start, message('p', 'secret').subarray(0, 8)])).sent, /sec/);
  const redis = show('redis', '*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n*1\r\n$4\r\nPING\r\n', '+OK\r\n+PONG\r\n');
  assert.equal(redis.sent, `*2\r\n$4\r\nAUTH\r\n${S}\r\n*1\r\n$4\r\nPING\r\n`);
  assert.match(show('redis', '*7\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$3\r\nlab\r\n$6\r\nsecret\r\n').sent, /HELLO\r\n\*{6}\r\n$/);
  assert.equal(show('stomp', 'CONNECT\nlogin:lab\npasscode:secret\n\n\0').sent, `CONNECT\nlogin:lab\npasscode:${S}\n\n\0`);
});

test('a protocol with a binary login shows only what precedes it, and says so', () => {
  const mysql = show('binary', 'login packet', '5.5.5-MariaDB greeting, then rows', 22);
  assert.deepEqual(mysql, { sent: '', received: '5.5.5-MariaDB greeting', missing: ['login', 'login'] });
  const ssh = show('ssh', 'SSH-2.0-kangqiao\r\n\0\0keys', 'SSH-2.0-OpenSSH_9\r\nmore');
  assert.deepEqual([ssh.sent, ssh.received], ['SSH-2.0-kangqiao\r\n', 'SSH-2.0-OpenSSH_9\r\n']);
});

test('tokens and passwords in headers, addresses, forms, JSON and XML over HTTP are hidden', () => {
  const request = lines(
    'POST /token?api_key=abc&page=2 HTTP/1.1',
    'X-Auth-Token: abc',
    'Cookie: a=abc',
    'Accept: text/plain',
    '',
    'grant_type=client_credentials&client_secret=abc&scope=x',
  );
  const { sent } = show('http', request);
  assert.doesNotMatch(sent, /abc/);
  assert.match(sent, /page=2 HTTP[\s\S]*Accept: text\/plain[\s\S]*grant_type=client_credentials&client_secret=\*{6}&scope=x/);
  const chunked = lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '14', '{"access_token": "ab', '4', 'c", "n": 1}', '0', '', '');
  assert.match(show('http', '', chunked).received, /\{"access_token":"\*{6}", "n": 1\}/);
  const soap = '<o:UsernameToken><o:Username>lab</o:Username><o:Password Type="x">abc</o:Password></o:UsernameToken>';
  assert.match(show('http', soap).sent, /<o:Username>\*{0,6}(lab)?<\/o:Username><o:Password Type="x">\*{6}<\/o:Password>/);
  assert.equal(show('http', '', lines('HTTP/1.1 200 OK', 'Content-Encoding: gzip', '', 'abc')).received.includes('abc'), false);
});

test('at most 8 KB of each direction are shown, and the end of a cut recording never', () => {
  const { sent, missing } = show('http', `GET / HTTP/1.1\r\nX: ${'y'.repeat(40_000)}`);
  assert.deepEqual([sent.length, missing[0]], [8192, 'cut']);
});
