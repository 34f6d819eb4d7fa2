import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Value } from 'typebox/value';
import call from '../../../nodes/interface/call.node.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, { happy: 'is fired by gateways: it listens to nothing and needs no configuration' });

test('is fired by gateways: it listens to nothing and needs no configuration', () => {
  assert.equal(call.kind, 'trigger');
  assert.equal(call.kind === 'trigger' && call.listen, undefined);
  assert.ok(Value.Check(call.config, {}));
  assert.ok(Value.Check(call.config, { schema: { type: 'object' }, description: { 'zh-CN': '查', en: 'Find' } }));
});
