import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_JSON_OPTIONS } from '../../../../nodes/shared/json/parse-json.ts';
import { createParser, type Parser } from '../../../../nodes/shared/parse-worker/create-parser.ts';
import { systemClock } from '../../../../engine/host/system-clock.ts';

const ctx = { clock: systemClock, signal: new AbortController().signal };
const large = (value: unknown) => JSON.stringify([value, 'x'.repeat(200_000)]);
const parse = async (parser: Parser, source: string) =>
  (await parser.parse({ kind: 'json', source, charset: 'utf-8', options: DEFAULT_JSON_OPTIONS }, ctx)) as readonly unknown[];

test('the nodes of a process share a few threads, and each has its own value', async () => {
  let started = 0;
  process.on('worker', () => (started += 1));
  const values = Array.from({ length: 40 }, (_, index) => ({ index, text: '测\ud800\u2028', list: [1.5, null, true, { a: {} }] }));
  const parsed = await Promise.all(values.map((value) => parse(createParser(), large(value))));
  assert.deepEqual(
    parsed.map(([value]) => value),
    values,
  );
  assert.ok(started <= 4, `${started} threads`);
});

test('what a thread parsed is refused when an event loop would parse it for long, and names what there is too much of', async () => {
  const parser = createParser();
  await assert.rejects(parse(parser, `[${'1,'.repeat(1_200_000)}1]`), {
    code: 'PARSE_TOO_COSTLY',
    values: { problem: 'values', found: 1_200_002, limit: 1_000_000 },
  });
  const names = Array.from({ length: 60_000 }, (_, index) => `"name ${index}":1`);
  await assert.rejects(parse(parser, `{${names.join(',')}}`), {
    code: 'PARSE_TOO_COSTLY',
    values: { problem: 'names', found: 50_001, limit: 50_000 },
  });
});

test('while one node has nothing but bombs, another has its values', async () => {
  const [bomber, neighbour] = [createParser(), createParser()];
  const bomb = `[${'{},'.repeat(200_000)}{}]`;
  const bombs = Array.from({ length: 12 }, () => parse(bomber, bomb).then(String, () => 'refused'));
  let isOver = false;
  const all = Promise.all(bombs).then(() => (isOver = true));
  assert.deepEqual((await parse(neighbour, large('a')))[0], 'a');
  assert.equal(isOver, false);
  await all;
});
