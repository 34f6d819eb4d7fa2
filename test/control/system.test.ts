import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import type { SystemReport } from '../../control/system/system.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { openMachine } from '../../engine/host/machine.ts';
import { describeSettings, readSettings } from '../../engine/host/settings.ts';
import { putExecution } from './put-execution.ts';
import { defaultDeps, engineWith, startControl, type Client } from './start-control.ts';

const reportOf = async (client: Client) => (await client.call('GET', '/system')).body as SystemReport;

test('shows the settings in force with their source and meaning, credentials masked', async (t) => {
  const environment = { KQ_STORE_ADDRESS: 'mongo://ann:secret-word@db/kq' };
  const settings = describeSettings(readSettings(environment), environment);
  const running = await startControl({ info: { ...defaultDeps().deps.info, settings } });
  t.after(running.stop);
  const answer = await running.admin.raw('GET', '/system');
  const text = await answer.text();
  assert.doesNotMatch(text, /secret-word/);
  const address = (JSON.parse(text) as SystemReport).settings.find(({ name }) => name === 'storeAddress');
  assert.deepEqual([address?.value, address?.source, address?.text['zh-CN']], ['mongo://***@db/kq', 'environment', '存储地址']);
});

test('shows how machine, store, queue, processes, their gateways and listeners are doing', async (t) => {
  const machine = openMachine(tmpdir());
  const gateway = { front: 'open', address: 'https://127.0.0.1:1', planNumber: 0, connections: 1, inFlight: 0, requests: 5, refused: 1 };
  const name = { role: 'gateway open', host: 'n1', pid: 7 };
  const life = { processId: 'own_1', version: '1.0.0', startedAt: 1, beatAt: 2, lastSeenAt: 2, isSelf: false };
  const load = { running: 0, inHand: 0, cores: 0.1, memoryBytes: 5 };
  const open = { ...name, ...life, load, state: 'alive' as const, gateways: [gateway] };
  const silent = { ...open, processId: 'own_2', state: 'silent' as const, goneAt: 9 };
  const listener = { flowId: 'flw_a', version: 1, nodeId: 'n_in', type: 'mllp.listen@1', since: 3, arrivals: 7, process: name };
  const error = { code: 'MLLP_LISTEN', kind: 'transient' as const, message: 'The port is taken.', retryAfterMs: 5 };
  const running = await startControl({
    info: { ...defaultDeps().deps.info, machine: () => machine.read() },
    engine: engineWith({
      list: async () => [silent, open],
      listeners: async () => [{ ...listener, state: 'failing', fencing: 4, error }],
    }),
  });
  t.after(running.stop);
  await putExecution(running.documents, { flowId: 'flw_a', status: 'queued', acceptedAt: running.clock.now() - 4000 });
  const report = await reportOf(running.admin);
  assert.ok((report.machine?.disk?.freeBytes ?? 0) > 0 && (report.machine?.memory.processBytes ?? 0) > 0);
  assert.equal(report.machine?.versions.node, process.versions.node);
  assert.equal(report.store.ok, true);
  assert.deepEqual(report.queue, { queued: 0, running: 1, oldestQueuedAt: running.clock.now() - 4000 });
  assert.deepEqual(
    report.gateways.map(({ isCurrent, requests, host }) => [isCurrent, requests, host]),
    [[false, 5, 'n1']],
    'of the one that lives',
  );
  assert.deepEqual(
    report.processes.map(({ processId, state, fronts, goneAt }) => [processId, state, fronts, goneAt]),
    [
      ['own_2', 'silent', ['open'], 9],
      ['own_1', 'alive', ['open'], undefined],
    ],
  );
  assert.ok(report.planMadeAt > 0 && report.plan > 0);
  assert.deepEqual(report.listeners, [{ ...listener, state: 'failing', error: { code: 'MLLP_LISTEN', message: 'The port is taken.' } }]);
});

test('says that the store is down, and answers all the same', async (t) => {
  const { deps } = defaultDeps();
  let isDown = false;
  const documents = {
    ...deps.documents,
    ping: async () => {
      if (isDown) throw new AppError('STORE_DOWN', 'transient', 'down');
    },
  };
  const running = await startControl({ documents });
  t.after(running.stop);
  isDown = true;
  const { store } = await reportOf(running.admin);
  assert.deepEqual([store.ok, store.errorCode], [false, 'STORE_DOWN']);
});

test('who may read the system alone sees neither listeners nor the queue', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const report = await reportOf(await running.person('auditor', ['audit-admin']));
  assert.deepEqual([report.listeners, report.queue, report.store.ok], [undefined, undefined, true]);
});
