import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readBodyLeaves, readRequestLeaves } from '../../../gateways/content/read-leaves.ts';

/** Returns the leaves of a body as `carrier:pointer=text`, names with a `?`. */
function leavesOf(body: string | Uint8Array, contentType: string): readonly string[] {
  const leaves: string[] = [];
  readBodyLeaves(typeof body === 'string' ? Buffer.from(body) : body, contentType, (text, path, isName) => {
    leaves.push(`${path.carrier}:${path.toString()}${isName ? '?' : '='}${text}`);
    return false;
  });
  return leaves;
}

test('reads strings and unusual names of JSON, with their places', () => {
  assert.deepEqual(leavesOf('{"a":"x","b":[1,"y",{"c d":"z"}],"e":null}', 'application/json'), [
    'body:/a=x',
    'body:/b/1=y',
    'body:/b/2?c d',
    'body:/b/2/c d=z',
  ]);
});

test('sees both values of a name that occurs twice, which a parser would not', () => {
  assert.deepEqual(leavesOf('{"a":"first","a":"second"}', 'application/json'), ['body:/a=first', 'body:/a=second']);
});

test('undoes escapes of JSON', () => {
  assert.deepEqual(leavesOf('{"a":"\\u0027 \\"q\\" \\\\ \\n \\ud83d\\ude00 \\x \\u00"}', 'application/json'), [
    'body:/a=\' "q" \\ \n 😀 x \\u00',
  ]);
});

test('agrees with JSON.parse about every string of any JSON', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary' }), (json) => {
      const wanted: string[] = [];
      const collect = (value: unknown): void => {
        if (typeof value === 'string') wanted.push(value);
        else if (typeof value === 'object' && value !== null) for (const child of Object.values(value)) collect(child);
      };
      collect(JSON.parse(json));
      const found: string[] = [];
      readBodyLeaves(Buffer.from(json), 'application/json', (text, _path, isName) => {
        if (!isName) found.push(text);
        return false;
      });
      const seen = new Set(found);
      assert.ok(
        wanted.every((text) => seen.has(Buffer.from(text).toString())),
        json,
      );
    }),
  );
});

test('reads JSON in JSON, and XML in JSON by its leaves and as a whole', () => {
  assert.deepEqual(leavesOf(JSON.stringify({ a: JSON.stringify({ b: JSON.stringify(['c']) }) }), 'application/json'), ['body:/a/b/0=c']);
  assert.deepEqual(leavesOf('{"a":"<r><n>x</n></r>"}', 'application/json'), ['body:/a=<r><n>x</n></r>', 'body:/a/r/n=x']);
});

test('reads texts, attributes, CDATA and comments of XML', () => {
  const xml = '<?xml version="1.0"?><r a="1" b=\'&lt;2&#x41;\'><n>x &amp; y</n><!--c--><e/><n><![CDATA[<z>]]></n></r>';
  assert.deepEqual(leavesOf(xml, 'text/xml'), ['xml:/r/@a=1', 'xml:/r/@b=<2A', 'xml:/r/n=x & y', 'xml:/r=c', 'xml:/r/n=<z>']);
});

test('shows a document type with its entities as a leaf', () => {
  const [declaration] = leavesOf('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>', 'application/xml');
  assert.match(declaration!, /ENTITY x SYSTEM/);
});

test('reads XML in the encoding that it states', () => {
  const gbk = Buffer.concat([
    Buffer.from('<?xml version="1.0" encoding="GBK"?><r>'),
    Buffer.from([0xd5, 0xc5, 0xc8, 0xfd]),
    Buffer.from('</r>'),
  ]);
  assert.deepEqual(leavesOf(gbk, 'text/xml'), ['xml:/r=张三']);
});

test('reads forms, where a plus is a blank', () => {
  assert.deepEqual(leavesOf('a=1+2&b%20c=%E5%BC%A0&d&e=%zz', 'application/x-www-form-urlencoded'), [
    ...['form:?a', 'form:/a=1 2', 'form:?b c', 'form:/b c=张', 'form:?d', 'form:?e', 'form:/e=%zz'],
  ]);
});

const MULTIPART = [
  ...['--b', 'Content-Disposition: form-data; name="note"', '', 'text; of it'],
  ...['--b', 'content-disposition: form-data; name="f"; filename="a;%22b.png"', 'Content-Type: image/png', '', '\x89PNG\0'],
  ...['--b', 'Content-Disposition: form-data; name="t"; filename="t.txt"', '', 'text in a file'],
  ...['--b', 'Content-Disposition: form-data; name="json"', 'Content-Type: application/json', '', '{"x":["y"]}'],
  ...['--b--', ''],
].join('\r\n');

test('reads fields, file names and short files of text of a multipart body, not other files', () => {
  assert.deepEqual(leavesOf(MULTIPART, 'multipart/form-data; boundary=b'), [
    ...['multipart:?note', 'multipart:/note=text; of it', 'multipart:?f', 'multipart:/f/filename=a;%22b.png', 'multipart:?t'],
    ...['multipart:/t=text in a file', 'multipart:/t/filename=t.txt', 'multipart:?json', 'multipart:/json/x/0=y'],
  ]);
});

test('reads a multipart body that is not in its format as one text', () => {
  const broken = MULTIPART.replaceAll('\r\n', '\n');
  assert.deepEqual(leavesOf(broken, 'multipart/form-data; boundary=b').length, 1);
});

test('reads text that claims to be JSON or XML also as a whole', () => {
  assert.deepEqual(leavesOf("x' or 1=1", 'application/json'), ["body:=x' or 1=1"]);
  assert.ok(leavesOf('<r>a</q>', 'text/xml').includes('xml:=<r>a</q>'));
});

test('reads a body without a type by how it begins', () => {
  assert.deepEqual(leavesOf('  {"a":"x"}', ''), ['body:/a=x']);
  assert.deepEqual(leavesOf(' <r>x</r>', 'application/octet-stream'), ['xml:/r=x']);
  assert.deepEqual(leavesOf('MSH|^~\\&|HIS', 'x-application/hl7-v2+er7'), ['body:=MSH|^~\\&|HIS']);
  assert.deepEqual(leavesOf(Buffer.from([0x89, 0, 1, 0xff]), 'application/octet-stream'), []);
});

test('reads path parameters, query, headers and cookies', () => {
  const leaves: string[] = [];
  const parts = { params: { id: 'p' }, query: 'q=%27&r', headers: { 'x-a': 'h', 'x-b': 'i' }, cookie: 'c="1"; d=2' };
  readRequestLeaves(parts, (text, path, isName) => {
    if (!isName) leaves.push(`${path.carrier}:${path.toString()}=${text}`);
    return false;
  });
  assert.deepEqual(leaves, ['path:/id=p', "query:/q='", 'header:/x-a=h', 'header:/x-b=i', 'cookie:/c=1', 'cookie:/d=2']);
});

test('stops when the visitor has seen enough', () => {
  for (const [body, type] of [
    ['["a","b","c"]', 'application/json'],
    ['<r><a>1</a><b>2</b></r>', 'text/xml'],
    ['a=1&b=2', 'application/x-www-form-urlencoded'],
    [MULTIPART, 'multipart/form-data; boundary=b'],
  ]) {
    let seen = 0;
    assert.equal(
      readBodyLeaves(Buffer.from(body!), type!, () => ++seen === 2),
      true,
    );
    assert.equal(seen, 2, type);
  }
});

test('fails on no bytes, whatever type they claim', () => {
  const types = [
    'application/json',
    'text/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=b',
    'text/plain; charset=nowhere',
    '',
  ];
  const pieces = [
    '<',
    '</a>',
    '<a b="',
    '<![CDATA[',
    '{',
    '"',
    '\\',
    '[',
    ':',
    ',',
    '}',
    '\r\n--b',
    '--b--',
    '=',
    '&',
    '%',
    '<!',
    '<?',
    '\0',
    '头',
  ];
  fc.assert(
    fc.property(fc.constantFrom(...types), fc.array(fc.constantFrom(...pieces), { maxLength: 30 }), (type, parts) => {
      leavesOf(parts.join(''), type);
    }),
    { numRuns: 700 },
  );
});
