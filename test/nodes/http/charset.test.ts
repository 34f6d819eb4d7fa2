import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import iconv from 'iconv-lite';
import { runNode } from '../../../engine/testing/run-node.ts';
import httpCall from '../../../nodes/http/call.node.ts';
import httpAdapter from '../../../nodes/http/http.adapter.ts';
import { httpPeer } from '../support/peers.ts';

const gbk = (text: string) => iconv.encode(text, 'gbk');

test('the form of an adapter asks for its charset', () => {
  assert.equal(httpAdapter.hasCharset, true);
});

test('a form is percent-encoded in the charset of the adapter', async (t) => {
  const { send, requests } = await peer(t);
  await send({ bodyAs: 'form' }, { 姓名: '张 三&=+', note: 'a*-._~' });
  assert.equal(requests[0]?.headers['content-type'], 'application/x-www-form-urlencoded; charset=GBK');
  assert.equal(requests[0]?.body, '%D0%D5%C3%FB=%D5%C5+%C8%FD%26%3D%2B&note=a*-._%7E');
  await send({ bodyAs: 'form' }, { 姓名: '张' }, 'UTF-8');
  assert.equal(requests[1]?.headers['content-type'], 'application/x-www-form-urlencoded');
  assert.equal(requests[1]?.body, `${encodeURIComponent('姓名')}=${encodeURIComponent('张')}`);
});

test('fields, file names and texts of a form with files are in the charset of the adapter', async (t) => {
  const { send, requests } = await peer(t);
  await send(
    { bodyAs: 'multipart' },
    {
      姓名: '张三',
      报告: { name: '胸片.txt', content: '未见异常' },
      meta: { name: 'm.json', content: '"肺"', mediaType: 'application/json' },
    },
  );
  const { headers, bytes } = requests[0]!;
  const [, boundary] = /boundary=(.*)$/.exec(headers['content-type']!)!;
  assert.deepEqual(
    bytes,
    Buffer.concat([
      gbk(
        `--${boundary}\r\nContent-Disposition: form-data; name="姓名"\r\nContent-Type: text/plain; charset=GBK\r\n\r\n张三\r\n` +
          `--${boundary}\r\nContent-Disposition: form-data; name="报告"; filename="胸片.txt"\r\n` +
          `Content-Type: text/plain; charset=GBK\r\n\r\n未见异常\r\n` +
          `--${boundary}\r\nContent-Disposition: form-data; name="meta"; filename="m.json"\r\nContent-Type: application/json\r\n\r\n`,
      ),
      Buffer.from('"肺"'),
      gbk(`\r\n--${boundary}--\r\n`),
    ]),
  );
});

test('a character that the charset lacks is refused before anything is sent', async (t) => {
  const { send, requests } = await peer(t);
  for (const [bodyAs, data] of [
    ['form', { name: '𠮷' }],
    ['multipart', { 𠮷: 'x' }],
    ['multipart', { file: { name: '𠮷.txt', content: 'x' } }],
  ] as const)
    await assert.rejects(send({ bodyAs }, data), { code: 'CHARSET_UNENCODABLE', kind: 'input' });
  assert.equal(requests.length, 0);
});

test('JSON is sent in UTF-8, as its standard demands', async (t) => {
  const { send, requests } = await peer(t);
  await send({}, { 姓名: '张三' });
  assert.deepEqual([requests[0]?.headers['content-type'], requests[0]?.body], ['application/json', '{"姓名":"张三"}']);
});

test('an answer that names no charset is read in that of the adapter, unless it shows another one', async (t) => {
  const cases: readonly [type: string, body: Buffer, data: unknown][] = [
    ['text/plain', gbk('张三'), '张三'],
    ['text/plain; charset=utf-8', Buffer.from('张三'), '张三'],
    ['text/xml', gbk('<a>张三</a>'), '<a>张三</a>'],
    ['text/xml', Buffer.from('<?xml version="1.0" encoding="UTF-8"?><a>张三</a>'), '<?xml version="1.0" encoding="UTF-8"?><a>张三</a>'],
    ['application/xml', Buffer.from('\ufeff<a>张三</a>'), '<a>张三</a>'],
    ['application/json', gbk('{"姓名":"张三"}'), { 姓名: '张三' }],
    // Its bytes in GBK are valid UTF-8 too.
    ['application/json', gbk('{"name":"石叶"}'), { name: '石叶' }],
    ['application/json; charset=utf-8', Buffer.from('{"姓名":"张三"}'), { 姓名: '张三' }],
    ['application/json; charset=GBK', gbk('{"姓名":"张三"}'), { 姓名: '张三' }],
  ];
  for (const [type, body, data] of cases) {
    const { send } = await peer(t, type, body);
    assert.deepEqual(await send({ method: 'GET' }, {}), data, `${type} ${String(body)}`);
  }
});

test('an answer that the adapter has no charset for is UTF-8, or that of its XML declaration', async (t) => {
  const declared = '<?xml version="1.0" encoding="GBK"?><a>张三</a>';
  const xml = await peer(t, 'application/xml', gbk(declared));
  assert.equal(await xml.send({ method: 'GET' }, {}, 'none'), declared);
  const json = await peer(t, 'application/json', gbk('{"a":"张三"}'));
  await assert.rejects(json.send({ method: 'GET' }, {}, 'none'), { code: 'CHARSET_INVALID_BYTES' });
});

async function peer(t: TestContext, type = 'application/json', body: string | Buffer = '{}') {
  const { baseUrl, requests } = await httpPeer(t, (_request, response) => void response.writeHead(200, { 'content-type': type }).end(body));
  const send = async (config: object, data: unknown, charset: 'GBK' | 'UTF-8' | 'none' = 'GBK'): Promise<unknown> => {
    const adapter = { settings: { baseUrl }, ...(charset === 'none' ? {} : { charset }) };
    const outcome = await runNode(httpCall, { config: { method: 'POST', path: '/', ...config }, adapter, data });
    assert.ok('emit' in outcome);
    return outcome.emit!['ok']![0]!.data;
  };
  return { send, requests };
}
