import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMessage, type Message } from '../../../engine/contract/values/message.ts';
import type { Outcome } from '../../../engine/contract/node/node.ts';
import { runNode, type RunNodeOptions } from '../../../engine/testing/run-node.ts';
import jsonParse from '../../../nodes/json/parse.node.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'parses text and bytes, with a byte order mark and in the charset of the message',
  refusal: 'refuses what two readers could understand in two ways',
  cancel: 'a cancel ends the wait for a large payload',
  '10 MB': 'parses 10 MB in a thread, while this one goes on, and tells its errors as usual',
});

test('parses text and bytes, with a byte order mark and in the charset of the message', async () => {
  assert.deepEqual(await parse('\ufeff{"姓名":"张三"}'), { 姓名: '张三' });
  assert.deepEqual(await parse(Buffer.from('[1,2.50,true,null]')), [1, 2.5, true, null]);
  assert.deepEqual(await parse(Buffer.from([0x22, 0xd5, 0xc5, 0x22]), {}, 'GBK'), '张');
});

test('agrees with JSON.parse on every value that JSON can write', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 5 }), fc.integer({ min: 0, max: 2 }), async (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      if (text.includes('"__proto__"')) return;
      assert.deepEqual(await parse(text), JSON.parse(text));
    }),
    { numRuns: 300 },
  );
});

test('refuses what two readers could understand in two ways', async () => {
  await refused('{"a":1,"b":{"a":2},"a":3}', 'JSON_DUPLICATE_KEY');
  await refused('{"a":1,"\\u0061":3}', 'JSON_DUPLICATE_KEY');
  await refused('[{"x":"\\\\"},{"k":"\\"","k":1}]', 'JSON_DUPLICATE_KEY');
  await refused('{"__proto__":{"admin":true}}', 'JSON_KEY_REFUSED');
  await refused('12345678901234567890', 'JSON_BIG_NUMBER');
  await refused('{"n":1e999}', 'JSON_BIG_NUMBER');
  await refused('['.repeat(101) + ']'.repeat(101), 'JSON_TOO_DEEP');
  await refused('{"a":"secret name', 'JSON_INVALID');
  await refused('', 'JSON_INVALID');
  await refused(Buffer.from([0x22, 0xff, 0x22]), 'CHARSET_INVALID_BYTES');
});

test('the same key in two objects, and text that looks like keys, are fine', async () => {
  assert.deepEqual(await parse('[{"a":1},{"a":"b\\",\\"a\\":1"}]'), [{ a: 1 }, { a: 'b","a":1' }]);
});

test('keeps every digit of a big number as text when asked', async () => {
  const text = '{"id":12345678901234567890,"ok":9007199254740991,"price":12.50}';
  assert.deepEqual(await parse(text, { bigNumbers: 'string' }), { id: '12345678901234567890', ok: 9007199254740991, price: 12.5 });
});

test('whatever bytes come, it answers data or an input error', async () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
    ':',
    ',',
    '1',
    '-',
    'e',
    '.',
    'true',
    'null',
    '\\u0061',
    ' ',
    '张',
    '\u0000',
  );
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
  await fc.assert(
    fc.asyncProperty(fc.oneof(text, fc.uint8Array({ maxLength: 60 })), async (data) => {
      await parse(data).catch((error: { kind?: string }) => assert.equal(error.kind, 'input'));
    }),
    { numRuns: 2000 },
  );
});

test('never quotes the payload in an error', async () => {
  await assert.rejects(parse('{"姓名": 张三丰}'), (error: Error) => !/张/.test(error.message));
});

test('parses 10 MB in a thread, while this one goes on, and tells its errors as usual', async () => {
  const rows = Array.from({ length: 20_000 }, (_, index) => ({ index, text: '长'.repeat(170) }));
  let turns = 0;
  const ticking = setInterval(() => turns++, 1);
  try {
    assert.deepEqual(await parse(JSON.stringify(rows)), rows);
    assert.ok(turns > 5, `the event loop turned ${turns} times`);
    await refused(`{"a":1,"a":${JSON.stringify(rows)}}`, 'JSON_DUPLICATE_KEY');
  } finally {
    clearInterval(ticking);
  }
});

test('a cancel ends the wait for a large payload', async () => {
  const cancel = new AbortController();
  const running = run({ data: JSON.stringify('x'.repeat(5_000_000)), signal: cancel.signal });
  cancel.abort(new Error('cancelled'));
  await assert.rejects(running, /cancelled/);
});

test('data that is parsed already is refused with advice', async () => {
  await assert.rejects(run({ data: { a: 1 } }), { code: 'JSON_INPUT', kind: 'input' });
});

async function refused(data: unknown, code: string): Promise<void> {
  await assert.rejects(parse(data), { code, kind: 'input' });
}

async function parse(data: unknown, config: Record<string, unknown> = {}, charset?: string): Promise<unknown> {
  return (await run({ config, message: createMessage(data, charset === undefined ? {} : { charset }) })).data;
}

async function run(options: RunNodeOptions): Promise<Message> {
  const outcome: Outcome = await runNode(jsonParse, options);
  assert.ok('emit' in outcome);
  return outcome.emit!.ok![0]!;
}
