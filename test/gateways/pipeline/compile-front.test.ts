import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { inSlices } from '../../../engine/threads/run-in-slices.ts';
import { definePolicy, type PolicyDeps } from '../../../gateways/contract.ts';
import type { Keepers } from '../../../gateways/policy-ports.ts';
import type { InterfaceDocument } from '../../../gateways/documents/interface-document.ts';
import { NO_PLAN } from '../../../gateways/listen/no-plan.ts';
import { FrontCompiler } from '../../../gateways/pipeline/compile-front.ts';
import { createKeepers } from '../../../gateways/pipeline/create-keepers.ts';
import { createMemo } from '../../../gateways/pipeline/create-memo.ts';
import { buildInterface } from '../support/city-plan.ts';

/** Compiles plans of the open front, and lists which interfaces were compiled and which calls were closed. */
function compiler() {
  const compiled: string[] = [];
  const closed: string[] = [];
  const kept: (readonly [Keepers, PolicyDeps['memo']])[] = [];
  const policy = definePolicy({
    ...{ name: 'probe', stage: 'limit', fronts: ['open'], text: { label: { 'zh-CN': '', en: '' }, help: { 'zh-CN': '', en: '' } } },
    options: Type.Object({}),
    isDefault: () => true,
    isOptional: () => false,
    compile(_options, target, _front, { keepers, memo }) {
      compiled.push(target!.interfaceId);
      kept.push([keepers, memo]);
      memo('shared', () => ({}));
      return undefined;
    },
  });
  const memo = createMemo();
  const keepers = createKeepers();
  const front = new FrontCompiler({
    ...{ front: 'open', policiesOf: () => [policy], check: () => [], policyDeps: {} as PolicyDeps, memo, keepers, log: silentLogger },
    openCall: ({ interfaceId }) => ({ run: () => undefined, close: () => void closed.push(interfaceId) }),
  });
  const compile = async (documents: readonly InterfaceDocument[]) => {
    compiled.length = closed.length = 0;
    const { front: made, commit } = await inSlices(front.compile(documents, NO_PLAN));
    assert.deepEqual(closed, [], 'what still serves is not closed');
    commit();
    keepers.retain(new Set(documents.map(({ interfaceId }) => interfaceId)));
    return made;
  };
  return { compile, compiled, closed, kept, memo };
}

const [first, second] = [buildInterface({ interfaceId: 'ifc_1' }), buildInterface({ interfaceId: 'ifc_2', path: '/open/v1/2' })];

test('only what has changed is compiled again, and what it replaces is closed', async () => {
  const { compile, compiled, closed } = compiler();
  const before = await compile([first, second]);
  assert.deepEqual(compiled, ['ifc_1', 'ifc_2']);
  const after = await compile([structuredClone(first), { ...second, timeoutMs: 77 }]);
  assert.deepEqual([compiled, closed], [['ifc_2'], ['ifc_2']]);
  assert.equal(after.interfaces[0], before.interfaces[0]);
  assert.equal(after.router, before.router, 'no route has changed');
  assert.equal(before.interfaces[1]!.interface.timeoutMs, second.timeoutMs, 'a request in flight keeps its plan');
  const last = await compile([second]);
  assert.deepEqual([compiled, closed], [['ifc_2'], ['ifc_1', 'ifc_2']]);
  assert.equal(last.router.find(first.path), undefined);
  assert.equal(last.interfaces[last.router.find(second.path)!.methods.get(second.method)!]!.interface.interfaceId, 'ifc_2');
});

test('state of an interface survives its changes and ends with it', async () => {
  const { compile, kept } = compiler();
  await compile([first, second]);
  const state = kept[0]![0].ofInterface('bucket', () => ({ level: 1 }));
  await compile([{ ...first, timeoutMs: 77 }]);
  assert.equal(
    kept.at(-1)![0].ofInterface('bucket', () => assert.fail('the bucket is there')),
    state,
  );
  await compile([]);
  await compile([first]);
  assert.notEqual(
    kept.at(-1)![0].ofInterface('bucket', () => ({ level: 0 })),
    state,
  );
});

test('a shared value lives as long as one interface uses it', async () => {
  const { compile, kept } = compiler();
  await compile([first, second]);
  const value = kept[0]![1]('shared', () => assert.fail('it is there'));
  await compile([{ ...first, timeoutMs: 77 }]);
  assert.equal(
    kept.at(-1)![1]('shared', () => assert.fail('it is there')),
    value,
  );
  await compile([]);
  await compile([first]);
  assert.notEqual(
    kept.at(-1)![1]('shared', () => assert.fail('it is there')),
    value,
  );
});
