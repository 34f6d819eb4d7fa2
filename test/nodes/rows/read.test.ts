import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import rowsRead from '../../../nodes/rows/read.node.ts';
import { LARGE_LIST, whileOthersGoOn } from '../support/large.ts';
import { messageOf, refusalOf } from '../support/tables.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'reads the rows of a blob',
  refusal: 'lines that are not JSON, and more than the limits, are refused',
  '10 MB': '10 MB are read while others go on',
});

async function blobOf(text: string) {
  const blobs = memoryBlobs();
  const put = async function* () {
    for (let at = 0; at < text.length; at += 65_536) yield Buffer.from(text.slice(at, at + 65_536));
  };
  const stored = await blobs.put(put(), { limitBytes: 100_000_000 });
  // In pieces, as a store gives them.
  return { data: { file: stored }, blobs: { ...blobs, get: put }, config: { source: { path: 'data.file' } } };
}

test('reads the rows of a blob', async () => {
  const { data } = await messageOf(rowsRead, await blobOf('{"a":1}\n\n[2,"x"]\n3'));
  assert.deepEqual(data, [{ a: 1 }, [2, 'x'], 3]);
});

test('lines that are not JSON, and more than the limits, are refused', async () => {
  const refused = async (text: string, config: Record<string, unknown> = {}) => {
    const options = await blobOf(text);
    return refusalOf(messageOf(rowsRead, { ...options, config: { ...options.config, ...config } }));
  };
  assert.deepEqual(await refused('1\n{\n'), ['TABLE_ROWS', { problem: 'line', line: 2 }]);
  assert.deepEqual(await refused('1\n2\n3\n', { maxRows: 2 }), ['TABLE_TOO_MANY_ROWS', { limit: 2 }]);
  assert.equal((await refused('1\n'.repeat(1000), { maxResultBytes: 1024 }))[0], 'TABLE_TOO_LARGE');
  assert.equal((await refusalOf(messageOf(rowsRead, { data: 'text' })))[0], 'TABLE_SOURCE');
});

test('10 MB are read while others go on', async () => {
  const options = await blobOf(LARGE_LIST.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const outcome = await whileOthersGoOn(rowsRead, { ...options, config: { ...options.config, maxResultBytes: 67_108_864 } });
  assert.ok('emit' in outcome);
  assert.deepEqual(outcome.emit!['ok']![0]!.data, LARGE_LIST);
});
