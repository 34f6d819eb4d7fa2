/** What flows promise on every store alike: run by the real engine with the product's own nodes, against a hospital that answers as told. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { createMessage } from '../../engine/contract/values/message.ts';
import { silentLogger } from '../../engine/contract/values/observe.ts';
import type { FlowResult } from '../../engine/contract/node/run-flow.ts';
import type { Engine } from '../../engine/create-engine.ts';
import { systemClock } from '../../engine/host/system-clock.ts';
import { openStorage, type Storage } from '../../storage/open-storage.ts';
import { engineOn } from '../support/engine-on.ts';
import { eventually } from '../support/platform-api.ts';
import { startHospital, type Hospital } from './hospital.ts';
import { flowOf, node, type NodeSpec } from './suite-flows.ts';

export interface SuiteStore {
  readonly address: string;
  readonly sharedAddress?: string;
  readonly kekFile: string;
  close(): Promise<void>;
}

const LIMIT_MS = 30_000;

export function flowSuite(name: string, openStore: () => Promise<SuiteStore>, missing?: string): void {
  describe(`flows on ${name}`, { skip: missing ?? false }, () => {
    let store: SuiteStore;
    let storage: Storage;
    let engine: Engine;
    let hospital: Hospital;

    before(async () => {
      store = await openStore();
      hospital = await startHospital();
      storage = await openStorage({ ...store, clock: systemClock, logger: silentLogger });
      engine = await engineOn(storage, 'TEST');
      const text = { 'zh-CN': '医院', en: 'Hospital' };
      const settings = { baseUrl: `http://127.0.0.1:${hospital.port}` };
      await engine.bindings.store.saveAdapter(
        {
          adapterId: 'adp_hospital',
          revision: 0,
          protocol: 'http',
          name: text,
          owner: 'test',
          domain: 'test',
          environments: { TEST: settings },
        },
        0,
      );
      await engine.startWork();
    });

    after(async () => {
      await engine?.stop(5_000);
      await storage?.close();
      await hospital?.stop();
      await store?.close();
    });

    async function publish(flow: FlowDocument): Promise<void> {
      const stored = await engine.catalog.draft(flow.flowId);
      await engine.catalog.saveDraft({ ...flow, revision: stored?.revision ?? 0 }, 'test');
      await engine.catalog.publish(flow.flowId, 'test', AbortSignal.timeout(LIMIT_MS));
    }

    function call(flowId: string, data: unknown, idempotencyKey?: string): Promise<FlowResult> {
      return engine.runFlow.call({
        flowId,
        caller: { interfaceId: `ifc_${flowId}`, appId: 'app', idempotencyKey },
        message: createMessage(data),
        traceId: 'trace',
        deadlineMs: Date.now() + LIMIT_MS,
        onLeave: () => undefined,
      });
    }

    async function accept(flowId: string, data: unknown): Promise<string> {
      const result = await call(flowId, data);
      assert.equal(result.outcome, 'accepted', JSON.stringify(result));
      return result.executionId;
    }

    const statusOf = async (executionId: string) => (await engine.executions.get(executionId, { payload: false }))?.status;
    const untilStatus = (executionId: string, status: string) =>
      eventually(async () => assert.equal(await statusOf(executionId), status), LIMIT_MS);
    const cameTo = (path: string) => hospital.arrivals.filter((arrival) => arrival.path === path);

    it('a sync flow asks two at once, joins what they say and replies', async () => {
      await publish(flowOf('flw_both', 'sync', ['both', 'a>join', 'b>join', 'join>reply'], bothNodes()));
      const result = await call('flw_both', { patient: 'P1' });
      assert.equal(result.outcome, 'replied', JSON.stringify(result));
      assert.deepEqual(cameTo('/a').length + cameTo('/b').length, 2);
    });

    it('a sync flow that writes does it once for one Idempotency-Key, and gives the stored answer again', async () => {
      await publish(flowOf('flw_book', 'sync', ['post', 'post>reply'], [post('post', '/book'), node('reply', 'control.reply')]));
      const [first, second] = [await call('flw_book', { day: 1 }, 'k-1'), await call('flw_book', { day: 1 }, 'k-1')];
      assert.ok(first.outcome === 'replied' && second.outcome === 'replied', JSON.stringify([first, second]));
      assert.deepEqual([first.repeated, second.repeated, cameTo('/book').length], [false, true, 1]);
      assert.equal((await call('flw_book', { day: 2 }, 'k-1')).outcome, 'key-reused');
    });

    it('a durable flow is accepted, runs to its end, and shows its steps', async () => {
      await publish(flowOf('flw_report', 'durable', ['post'], [post('post', '/report')]));
      const id = await accept('flw_report', { name: '测试甲', note: '𠮷' });
      await untilStatus(id, 'completed');
      assert.deepEqual(cameTo('/report')[0]?.body, { name: '测试甲', note: '𠮷' });
      assert.deepEqual(
        (await engine.executions.get(id, { payload: false }))?.steps.map(({ node: at, status }) => [at, status]),
        [['n_post', 'completed']],
      );
    });

    it('each item of a list is sent once under a key of its own', async () => {
      const nodes = [node('each', 'control.for-each', { items: { path: 'data.items' }, concurrency: 4 }), post('post', '/item')];
      await publish(flowOf('flw_items', 'durable', ['each', 'each.each>post'], nodes));
      const items = Array.from({ length: 25 }, (_, number) => ({ number }));
      await untilStatus(await accept('flw_items', { items }), 'completed');
      assert.deepEqual(
        cameTo('/item')
          .map(({ body }) => (body as { number: number }).number)
          .sort((a, b) => a - b),
        [...items.keys()],
      );
      assert.equal(new Set(cameTo('/item').map(({ key }) => key)).size, 25);
    });

    it('a refusal that passes is tried again under the same key', async () => {
      hospital.next('/busy', 429, 429);
      await publish(flowOf('flw_busy', 'durable', ['post'], [post('post', '/busy', RETRIED)]));
      await untilStatus(await accept('flw_busy', { number: 1 }), 'completed');
      assert.deepEqual([cameTo('/busy').length, new Set(cameTo('/busy').map(({ key }) => key)).size], [3, 1]);
    });

    it('a write whose outcome is unknown is held, and goes on in place under its key when a person says so', async () => {
      hospital.next('/cut', 'cut');
      await publish(flowOf('flw_cut', 'durable', ['post'], [post('post', '/cut')]));
      const id = await accept('flw_cut', { number: 1 });
      await untilStatus(id, 'held');
      assert.equal((await engine.executions.get(id, { payload: false }))?.held?.outcomeKnown, false);
      await engine.executions.retry(id, 'test');
      await untilStatus(id, 'completed');
      assert.equal(new Set(cameTo('/cut').map(({ key }) => key)).size, 1);
    });

    it('a flow that waits goes on when it is due; one that is cancelled does not', async () => {
      const nodes = (durationMs: number) => [node('wait', 'control.wait', { durationMs }), post('post', '/waited')];
      await publish(flowOf('flw_wait', 'durable', ['wait', 'wait.out>post'], nodes(1_200)));
      await publish(flowOf('flw_long', 'durable', ['wait', 'wait.out>post'], nodes(600_000)));
      const [short, long] = [await accept('flw_wait', { which: 'short' }), await accept('flw_long', { which: 'long' })];
      await untilStatus(long, 'waiting');
      await engine.executions.cancel(long, 'test', 'no longer wanted');
      await untilStatus(long, 'cancelled');
      await untilStatus(short, 'completed');
      assert.deepEqual(
        cameTo('/waited').map(({ body }) => body),
        [{ which: 'short' }],
      );
    });

    it('messages of one patient arrive in the order in which they were accepted, whatever else is under way', async () => {
      await publish(flowOf('flw_order', 'durable', ['post'], [post('post', '/order')], { ingress: { lane: { key: 'data.patient' } } }));
      for (let number = 0; number < 20; number += 1)
        await Promise.all(['a', 'b', 'c', 'd', 'e'].map((patient) => accept('flw_order', { patient, number })));
      await eventually(() => Promise.resolve(assert.equal(cameTo('/order').length, 100)), LIMIT_MS);
      for (const patient of ['a', 'b', 'c', 'd', 'e']) {
        const bodies = cameTo('/order').map(({ body }) => body as { patient: string; number: number });
        assert.deepEqual(
          bodies.filter((body) => body.patient === patient).map(({ number }) => number),
          [...Array(20).keys()],
        );
      }
    });

    it('a message too large for a document arrives whole', async () => {
      const text = '大'.repeat(300_000);
      await publish(flowOf('flw_large', 'durable', ['post'], [post('post', '/large')]));
      await untilStatus(await accept('flw_large', { text }), 'completed');
      assert.equal((cameTo('/large')[0]?.body as { text: string }).text, text);
    });

    it('a new version serves what comes after it; what waits goes on with its own', async () => {
      const version = (path: string) =>
        flowOf(
          'flw_versions',
          'durable',
          ['wait', 'wait.out>post'],
          [node('wait', 'control.wait', { durationMs: 1_000 }), post('post', path)],
        );
      await publish(version('/v1'));
      const first = await accept('flw_versions', { number: 1 });
      await publish(version('/v2'));
      const second = await accept('flw_versions', { number: 2 });
      await untilStatus(first, 'completed');
      await untilStatus(second, 'completed');
      assert.deepEqual([cameTo('/v1').map(({ body }) => body), cameTo('/v2').map(({ body }) => body)], [[{ number: 1 }], [{ number: 2 }]]);
    });
  });
}

const RETRIED = { handling: { retry: { max: 5, baseMs: 20, factor: 1, capMs: 50, on: ['transient' as const] } } };

function post(id: string, path: string, more: Partial<NodeSpec> = {}): NodeSpec {
  return { ...node(id, 'http.call', { method: 'POST', path }), adapter: 'adp_hospital', ...more };
}

function bothNodes(): NodeSpec[] {
  const branch = (port: string) => ({ port, label: { 'zh-CN': port, en: port } });
  const read = (id: string) => ({ ...node(id, 'http.call', { method: 'GET', path: `/${id}` }), adapter: 'adp_hospital' });
  return [
    node('both', 'control.parallel', { branches: [branch('a'), branch('b')] }),
    read('a'),
    read('b'),
    node('join', 'control.join', { mode: 'all' }),
    node('reply', 'control.reply'),
  ];
}
