/** Requests that a hostile client writes byte by byte: right ones, mutated in ways that two servers could read differently. */
import type { Random } from '../../support/bombs/random.ts';

const JSON_BODY = '{"hospital":"A","note":"a b"}';

/** Returns the bytes of one to three requests, as latin-1 text. */
export function hostileBytes(random: Random, authorization: string): string {
  const count = random.pick([1, 1, 1, 2, 3]);
  let bytes = '';
  for (let i = 0; i < count; i++) bytes += mutate(random, seed(random, authorization));
  return bytes;
}

interface Parts {
  line: string;
  headers: string[];
  body: string;
}

function seed(random: Random, authorization: string): Parts {
  const headers = ['Host: localhost', `Authorization: ${authorization}`, 'Accept: application/json', 'X-Note: seen'];
  const query = random.pick(['', '', '?a=1&b=2', '?q=%E5%8C%BB', '?a=1&a=2']);
  const id = random.pick(['7', 'P-0001', '%37', 'a%20b', '%E5%8C%BB', '..', '.', '%2e%2e', 'a%2fb', 'a;b=c', '~x', '%00', 'a\\b', '%252e']);
  if (random.int(0, 2) === 0) return { line: `GET /bus/v1/things/${id}${query} HTTP/1.1`, headers, body: '' };
  const [method, path] = random.pick([
    ['POST', '/bus/v1/things'],
    ['PUT', `/bus/v1/things/${id}`],
    ['DELETE', `/bus/v1/things/${id}`],
  ]);
  const body = method === 'DELETE' ? '' : JSON_BODY;
  headers.push('Content-Type: application/json');
  return random.int(0, 3) > 0
    ? { line: `${method} ${path}${query} HTTP/1.1`, headers: [...headers, `Content-Length: ${body.length}`], body }
    : { line: `${method} ${path}${query} HTTP/1.1`, headers: [...headers, 'Transfer-Encoding: chunked'], body: chunked(random, body) };
}

function chunked(random: Random, body: string): string {
  const cut = random.int(0, body.length);
  const pieces = [body.slice(0, cut), body.slice(cut)].filter((piece) => piece !== '');
  const extension = random.pick(['', '', ';x=1', ';x="\r\n"', ' ', '\t']);
  const trailer = random.pick(['', '', 'X-Late: 1\r\n', 'Content-Length: 5\r\n', 'Authorization: Bearer y\r\n']);
  return `${pieces.map((piece) => `${piece.length.toString(16)}${extension}\r\n${piece}\r\n`).join('')}${random.pick(['0', '0', '00', '0x0'])}\r\n${trailer}\r\n`;
}

const SMUGGLED = 'GET /bus/v1/things/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n';
const HEADERS = [
  'Content-Length: 0',
  'Content-Length: 5',
  'Content-Length: +5',
  'Content-Length: 5, 5',
  'Content-Length: 0x5',
  'Content-Length : 5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: \x0bchunked',
  'Transfer-Encoding : chunked',
  'transfer-encoding: xchunked',
  'TE: trailers',
  'Expect: 100-continue',
  'Expect: 200-ok',
  'Upgrade: h2c',
  'Connection: X-Note, Authorization',
  'Connection: close, keep-alive',
  'Connection: upgrade',
  'Keep-Alive: timeout=1',
  'Host: other',
  'Host: localhost:99999',
  'X-Forwarded-For: 10.0.0.1',
  'X-HTTP-Method-Override: DELETE',
  'X-Original-URL: /bus/v1/secret',
  'X-User-Id: root',
  'X-KQ-User: root',
  'X-KQ-Appid: root',
  'X-Note: twice',
  'X_Note: underscore',
  'X-Note:\x00',
  'X-Note: a\rb',
  'X-Note: a\nX-Injected: 1',
  ' X-Folded: 1',
  ': empty',
  'X-Latin: \xe9\xff',
  'Content-Encoding: gzip',
  'Content-Type: text/plain',
  'Idempotency-Key: k1',
  'X-Request-Deadline: 1',
  'Authorization: Bearer wrong',
];
const LINES = [
  (line: string) => line.replace('HTTP/1.1', 'HTTP/1.0'),
  (line: string) => line.replace('HTTP/1.1', 'HTTP/1.2'),
  (line: string) => line.replace('HTTP/1.1', 'HTTP/2.0'),
  (line: string) => line.replace(' HTTP', '  HTTP'),
  (line: string) => line.replace(' /', ' http://localhost/'),
  (line: string) => line.replace(' /', ' //'),
  (line: string) => line.replace(' /', ' \\'),
  (line: string) => line.replace(' /', ' /./'),
  (line: string) => line.replace('/things', '/Things'),
  (line: string) => line.replace('/things', '/%74hings'),
  (line: string) => line.replace('/things', '/things/..%2fthings'),
  (line: string) => line.replace(' HTTP', '#fragment HTTP'),
  (line: string) => line.replace(' HTTP', '? HTTP'),
  (line: string) => line.toLowerCase(),
  (line: string) => line.replace(/^\w+/, 'OPTIONS'),
  (line: string) => line.replace(/^\w+/, 'TRACE'),
  (line: string) => line.replace(/^\w+/, 'G\x00T'),
];

function mutate(random: Random, parts: Parts): string {
  for (let times = random.pick([0, 1, 1, 1, 2, 3]); times > 0; times--) {
    const kind = random.int(0, 9);
    if (kind < 4) parts.headers.splice(random.int(0, parts.headers.length), 0, random.pick(HEADERS));
    else if (kind < 6) parts.line = random.pick(LINES)(parts.line);
    else if (kind === 6) parts.headers.splice(random.int(0, parts.headers.length - 1), 1);
    else if (kind === 7) parts.body += random.pick([SMUGGLED, '\r\n', 'x', '0\r\n\r\n']);
    else if (kind === 8) parts.body = parts.body.slice(0, random.int(0, parts.body.length));
    else parts.headers.push(parts.headers[random.int(0, parts.headers.length - 1)] ?? 'Host: a');
  }
  const newline = random.int(0, 30) === 0 ? '\n' : '\r\n';
  const text = `${parts.line}${newline}${parts.headers.map((header) => header + newline).join('')}${newline}${parts.body}`;
  if (random.int(0, 8) > 0) return text;
  const at = random.int(0, text.length - 1);
  const byte = String.fromCharCode(random.int(0, 255));
  return random.pick([
    text.slice(0, at) + byte + text.slice(at + 1),
    text.slice(0, at) + text.slice(at + 1),
    text.slice(0, at) + byte + text.slice(at),
  ]);
}
