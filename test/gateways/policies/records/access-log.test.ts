import assert from 'node:assert/strict';
import { test } from 'node:test';
import accessLog from '../../../../gateways/policies/records/access-log.policy.ts';
import type { LogLevel } from '../../../../engine/contract/access/access.ts';
import type { Exchange } from '../../../../gateways/contract.ts';
import type { AppDocument } from '../../../../gateways/documents/caller-documents.ts';
import { runPolicy } from '../../support/run-policy.ts';

const APP = { appId: 'A1' } as AppDocument;

async function lineFor(
  log: LogLevel,
  options: Record<string, unknown> = {},
  app: AppDocument | null = APP,
): Promise<Record<string, unknown>> {
  const { lines } = await runPolicy(accessLog, {
    interface: { log, path: '/open/v1/patients/:id' },
    options,
    raw: ['Content-Type', 'application/json'],
    exchange: {
      app: app ?? undefined,
      bytesIn: 31,
      rawPath: '/open/v1/patients/11010519491231002X',
      rawQuery: 'phone=13800138000&day=1',
      body: Buffer.from('{"姓名":"张三","ward":"W1"}'),
      answer: { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from('{"bed":"B7"}') },
    },
  });
  assert.equal(lines.length, 1);
  return JSON.parse(lines[0]!) as Record<string, unknown>;
}

test('always keeps metadata, with the path as published; as asked for it is masked and sealed', async () => {
  const line = await lineFor('none');
  assert.equal(line['path'], '/open/v1/patients/:id');
  assert.equal(line['target'], '/open/v1/patients/***2X');
  assert.equal(line['status'], 200);
  assert.equal(line['in'] ?? line['out'] ?? line['query'], undefined);
});

test('adds bodies by level, masked and sealed', async () => {
  const [full, incoming, outgoing] = [await lineFor('full'), await lineFor('in'), await lineFor('out')];
  assert.equal(full['in'], '{"姓名":"***","ward":"W1"}');
  assert.equal(full['query'], 'phone=***00&day=1');
  assert.equal(full['out'], '{"bed":"B7"}');
  assert.equal(incoming['out'], undefined);
  assert.equal(outgoing['in'], undefined);
});

test('masks the fields that an interface names, too', async () => {
  assert.equal((await lineFor('in', { maskKeys: ['Ward'] }))['in'], '{"姓名":"***","ward":"***"}');
});

test('of a caller that nobody knows it keeps how much was sent, and reads none of it', async () => {
  const line = await lineFor('full', {}, null);
  assert.equal(line['in'], '[31 bytes]');
  assert.equal(line['query'], undefined);
});

test('names the app that a request claims only if nobody proved to be it', async () => {
  const claim = { app: { appId: 'A2' } } as Exchange['claim'];
  const lineOf = async (exchange: Partial<Exchange>) =>
    JSON.parse((await runPolicy(accessLog, { exchange: { claim, ...exchange } })).lines[0]!) as Record<string, unknown>;
  assert.deepEqual([(await lineOf({}))['app'], (await lineOf({}))['claimed']], [undefined, 'A2']);
  assert.deepEqual([(await lineOf({ app: APP }))['app'], (await lineOf({ app: APP }))['claimed']], ['A1', undefined]);
});
