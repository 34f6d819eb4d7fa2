import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CompiledFlow } from '../../../engine/compile/compile-flow.ts';
import type { NodeDefinition } from '../../../engine/contract/node/node.ts';
import { checkListener, type ListenerDeps } from '../../../engine/publish/check-listener.ts';
import collectionReceive from '../../../nodes/collection/receive.node.ts';
import databasePoll from '../../../nodes/database/poll.node.ts';
import filePoll from '../../../nodes/file/poll.node.ts';
import messagingConsume from '../../../nodes/messaging/consume.node.ts';
import mllpListen from '../../../nodes/mllp/listen.node.ts';

function check(definition: NodeDefinition): void {
  const flow = (flowId: string) => {
    return { flowId, document: { name: { en: flowId } }, trigger: { node: { adapter: 'adp_a' }, definition } } as unknown as CompiledFlow;
  };
  const adapter = { adapterId: 'adp_a', settings: { host: 'hospital.example', port: 1 } };
  const deps = { published: { list: () => [flow('flw_one')] }, bindings: { adapter: () => adapter } } as unknown as ListenerDeps;
  checkListener(flow('flw_two'), deps);
}

test('one flow at a time listens at the address of an adapter', () => {
  assert.throws(() => check(mllpListen), { code: 'LISTENER_CLASH' });
});

test('one flow of a domain takes a collection', () => {
  const flow = (flowId: string, domain: string, collection: string) => {
    const trigger = { node: {}, config: { collection }, definition: collectionReceive };
    return { flowId, document: { domain, name: { en: flowId } }, trigger } as unknown as CompiledFlow;
  };
  const deps = { published: { list: () => [flow('flw_one', 'a', 'reports')] }, bindings: {} } as unknown as ListenerDeps;
  assert.throws(() => checkListener(flow('flw_two', 'a', 'reports'), deps), { code: 'LISTENER_CLASH' });
  checkListener(flow('flw_one', 'a', 'reports'), deps);
  checkListener(flow('flw_two', 'b', 'reports'), deps);
  checkListener(flow('flw_two', 'a', 'orders'), deps);
});

test('several flows may read through one adapter', () => {
  check(databasePoll);
  check(filePoll);
  check(messagingConsume);
});
