import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMessage } from '../../../engine/contract/message.ts';
import { AppError } from '../../../engine/contract/errors.ts';
import { createAccept, digestOfMessage } from '../../../engine/run/accept.ts';
import type { CompiledFlow } from '../../../engine/run/compile-flow.ts';
import { encodeMessage } from '../../../engine/run/payloads.ts';
import { openLab } from '../../support/engine-lab.ts';
import { openSeal } from '../../support/model-engine.ts';
import { edge, flowOf, node, testAction } from '../../support/model-flows.ts';

const document = flowOf([node('in', 'test.in'), node('send', 'test.send')], [edge('in.out', 'send')], {
  ingress: { dedupe: { key: 'data.no', windowSec: 86_400 }, lane: { key: 'data.patient' } },
});

async function openFeed() {
  const lab = await openLab(document, [testAction('test.send', 'idempotent-write', () => 'sent')]);
  return { lab, engine: await lab.start() };
}

test('takes the same message once, another content under the same key as a new one, and its redelivery not again', async (t) => {
  const { lab, engine } = await openFeed();
  t.after(() => lab.close());
  const accept = async (data: object) => {
    const result = await engine.accept(engine.flow, { message: createMessage(data), seq: '1', onOtherContent: 'accept' });
    return result.status;
  };
  assert.equal(await accept({ no: 1, patient: 'a' }), 'accepted');
  assert.equal(await accept({ no: 1, patient: 'a' }), 'duplicate');
  assert.equal(await accept({ no: 1, patient: 'b' }), 'accepted');
  assert.equal(await accept({ no: 1, patient: 'b' }), 'duplicate');
});

test('refuses a message whose key or lane cannot be found out at the moment, rather than lose its dedupe or its place', async (t) => {
  const { lab, engine } = await openFeed();
  t.after(() => lab.close());
  const busy = () => Promise.reject(new AppError('SCRIPT_POOL_BUSY', 'transient', 'busy'));
  const broken: CompiledFlow = { ...engine.flow, ingress: { ...engine.flow.ingress, lane: busy } };
  const accept = createAccept(engine.acceptDeps);
  await assert.rejects(accept(broken, { message: createMessage({ no: 2 }), seq: '1', onOtherContent: 'accept' }), {
    code: 'SCRIPT_POOL_BUSY',
  });
  assert.equal((await accept(engine.flow, { message: createMessage({ no: 2 }), seq: '2', onOtherContent: 'accept' })).status, 'accepted');
});

test('gives a message without a lane the lane of the whole trigger', async (t) => {
  const { lab, engine } = await openFeed();
  t.after(() => lab.close());
  const id = await engine.take({ no: 3 });
  assert.equal((await lab.executions.get(id))?.lane?.key, 'flw_model|*');
});

test('a renewed token of the same citizen makes no other request, another citizen does', () => {
  const call = (user: object) => digestOfMessage(encodeMessage(createMessage({ body: { a: 1 }, query: {}, params: {}, user })), openSeal);
  assert.equal(call({ sub: 'P1', exp: 1 }), call({ sub: 'P1', exp: 2 }));
  assert.notEqual(call({ sub: 'P1', exp: 1 }), call({ sub: 'P2', exp: 1 }));
});
