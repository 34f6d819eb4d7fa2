import assert from 'node:assert/strict';
import { test } from 'node:test';
import iconv from 'iconv-lite';
import { readMultipart } from '../../../gateways/content/read-multipart.ts';

const TYPE = 'multipart/form-data; boundary=b';
const read = (head: string | Buffer, type = TYPE) =>
  readMultipart(Buffer.concat([Buffer.from('--b\r\n'), Buffer.from(head as string), Buffer.from('\r\n\r\nx\r\n--b--\r\n')]), type)?.[0];

test('reads names of files in UTF-8, in GBK and as RFC 8187 encodes them', () => {
  const head = 'Content-Disposition: form-data; name="f"; filename="影像誠.dcm"';
  assert.deepEqual(read(head)?.fileNames, ['影像誠.dcm']);
  assert.deepEqual(read(iconv.encode(head, 'gbk'))?.fileNames, ['影像誠.dcm']);
  const both = read(`Content-Disposition: form-data; name="f"; filename="a.pdf"; filename*=UTF-8''%E5%BD%B1.exe`);
  assert.deepEqual(both?.fileNames, ['a.pdf', "UTF-8''%E5%BD%B1.exe", '影.exe']);
  assert.deepEqual(read('Content-Disposition: form-data; name="a[b][c]"')?.fileNames, []);
});

test('a body that readers split or name differently is malformed', () => {
  const plain = 'Content-Disposition: form-data; name="f"; filename="a.pdf"';
  assert.ok(read(plain));
  for (const head of [
    `${plain}; filename="b.exe"`,
    `${plain}\r\nContent-Disposition: form-data; name="g"`,
    `${plain}\r\nContent-Type: image/png\r\nContent-Type: text/html`,
    `${plain}\nContent-Type: text/html`,
    `${plain}\r\n folded`,
    'Content-Type: image/png',
  ])
    assert.equal(read(head), undefined, head);
  assert.equal(read(plain, 'multipart/form-data; boundary=b; boundary=c'), undefined);
});
