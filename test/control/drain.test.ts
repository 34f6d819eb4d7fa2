/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
/** Draining a gateway process: who may, what the trail says, and what they learn if it is gone or silent. */
import assert from 'node:assert/strict';
import { beforeEach, afterEach, test } from 'node:test';
import type { GatewayQuestion, HeardReplies } from '../../gateways/documents/gateway-questions.ts';
import { engineWith, startControl, type Running } from './start-control.ts';

const REASON = 'Node 1 gets a new disk';
const gateway = { front: 'open', address: 'https://127.0.0.1:1', planNumber: 1, connections: 1, inFlight: 2, requests: 5, refused: 1 };
const life = { version: '1.0.0', startedAt: 1, beatAt: 2, lastSeenAt: 2, isSelf: false, state: 'alive' as const };
const load = { running: 0, inHand: 0, cores: 0.1, memoryBytes: 5 };
const living = { ...life, processId: 'prc_1', role: 'gateway open', host: 'n1', pid: 7, load, gateways: [gateway] };
const silent = { ...living, processId: 'prc_2', state: 'silent' as const };
const worker = { ...life, processId: 'prc_3', role: 'worker', host: 'n1', pid: 8, load };

let running: Running;
let asked: GatewayQuestion[];
let isHeard: boolean;

beforeEach(async () => {
  asked = [];
  isHeard = true;
  running = await startControl({
    engine: engineWith({ list: async () => [living, silent, worker] }),
    askGateways: async (question): Promise<HeardReplies> => {
      asked.push(question);
      const reply = { kind: 'drain' as const, gateways: [{ front: 'open', inFlight: 2 }] };
      return { replies: isHeard ? [{ processId: 'prc_1', reply }] : [], asked: 1 };
    },
  });
});
afterEach(() => running.stop());

test('an operator drains a process and returns it to service, with a reason that the trail keeps', async () => {
  const operator = await running.person('olga', ['operator']);
  const drained = await operator.call('POST', '/gateways/prc_1/drain', { reason: REASON });
  assert.deepEqual(drained.body, { processId: 'prc_1', isDraining: true, gateways: [{ front: 'open', inFlight: 2 }] });
  assert.equal((await operator.call('POST', '/gateways/prc_1/resume', { reason: 'The disk is in' })).body.isDraining, false);
  assert.deepEqual(asked, [
    { kind: 'drain', processId: 'prc_1', isDraining: true },
    { kind: 'drain', processId: 'prc_1', isDraining: false },
  ]);
  const auditor = await running.person('anton', ['audit-admin']);
  const { body } = await auditor.call('GET', '/audit?action=gateways.drain');
  const trail = JSON.stringify(body);
  for (const part of ['prc_1', REASON, '"host":"n1"', '"pid":7']) assert.ok(trail.includes(part), part);
});

test('without the right, without all domains or without a reason no process is asked', async () => {
  const body = { reason: REASON };
  const analyst = await running.person('anna', ['analyst']);
  assert.equal((await analyst.call('POST', '/gateways/prc_1/drain', body)).body.code, 'PERMISSION_DENIED');
  const limited = await running.person('lena', ['operator'], ['hospital-a']);
  assert.equal((await limited.call('POST', '/gateways/prc_1/drain', body)).status, 403);
  const operator = await running.person('olga', ['operator']);
  assert.equal((await operator.call('POST', '/gateways/prc_1/drain', {})).status, 400);
  assert.equal((await operator.call('POST', '/gateways/prc_1/resume', { reason: '' })).status, 400);
  assert.deepEqual(asked, []);
});

test('says if the process is gone, is no gateway, or did not reply', async () => {
  const operator = await running.person('olga', ['operator']);
  for (const id of ['prc_2', 'prc_3', 'prc_4']) {
    const { status, body } = await operator.call('POST', `/gateways/${id}/drain`, { reason: REASON });
    assert.deepEqual([status, body.code, body.values], [404, 'GATEWAY_PROCESS_GONE', { processId: id }]);
  }
  assert.deepEqual(asked, []);
  isHeard = false;
  const { status, body } = await operator.call('POST', '/gateways/prc_1/drain', { reason: REASON });
  assert.deepEqual([status, body.code, body.values], [503, 'GATEWAY_PROCESS_SILENT', { host: 'n1', pid: 7 }]);
});
