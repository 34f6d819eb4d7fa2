/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
/** What a refusal, a removed flow or an interface could tell a person about another domain, and what the trail says of people who try. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Issue } from '../../engine/contract/values/errors.ts';
import { adapterOf, flowOf, ids, interfaceOf, makeSide, type Side } from './domain-sides.ts';
import { putExecution } from './put-execution.ts';
import type { Client } from './start-control.ts';
import { graph, startWithEngine, type RunningEngine } from './start-engine.ts';

const A = 'hospital-a';
const B = 'hospital-b';
const MARK_B = 'zeta9';

let running: RunningEngine;
let own: Side;
let analyst: Client;

before(async () => {
  running = await startWithEngine();
  const security = await running.person('security', ['security-admin']);
  own = await makeSide(running, security, A, 'alpha7');
  await makeSide(running, security, B, MARK_B);
  analyst = await running.person('anna', ['analyst', 'operator'], [A]);
});
after(() => running.stop());

const simple = (flowId: string, more: object = {}) =>
  graph(flowId, { n_in: { type: 'interface.call@1' }, n_reply: { type: 'control.reply@1' } }, ['n_in > n_reply'], { domain: A, ...more });
const calling = (flowId: string, called: string) =>
  graph(
    flowId,
    {
      n_in: { type: 'interface.call@1' },
      n_call: { type: 'flow.call@1', config: { flowId: called } },
      n_reply: { type: 'control.reply@1' },
    },
    ['n_in > n_call', 'n_call.ok > n_reply'],
    { domain: A },
  );

test('an import names no interface of another domain whose route is taken', async () => {
  const mark = { domain: A, mark: 'beta1' };
  const taken = interfaceOf(mark, { path: `/open/${MARK_B}`, target: { kind: 'flow', flowId: ids('alpha7').flowId } });
  const answer = await analyst.call('POST', '/bundles/import', { schema: 'bundle/1', interfaces: [taken] });
  assert.deepEqual([answer.body.code, answer.body.issues[0].code], ['BUNDLE_INVALID', 'INTERFACE_ROUTE_CLASH']);
  assert.doesNotMatch(JSON.stringify(answer.body), /ifc_zeta9|flw_zeta9|interface zeta9/);
  const ours = await running.admin.call('POST', '/bundles/import', { schema: 'bundle/1', interfaces: [taken] });
  assert.match(ours.body.issues[0].message, /ifc_zeta9/);
});

test('an import tells a flow of another domain from one that is nowhere as little as a check of the flow does', async () => {
  const issues = async (called: string) => {
    const bundle = { schema: 'bundle/1', source: 'draft', flows: [calling('flw_caller', called)] };
    const { body } = await analyst.call('POST', '/bundles/import', bundle);
    return JSON.stringify([body.code, body.issues]).replaceAll(called, 'X');
  };
  const [other, nowhere] = [await issues(ids(MARK_B).flowId), await issues('flw_nowhere')];
  assert.equal(other, nowhere);
  assert.match(other, /BUNDLE_INVALID.*FLOW_CALLED_UNKNOWN/);
});

test('the id of a removed flow stays with the domains of its versions', async () => {
  const { admin } = running;
  const flowId = 'flw_gone';
  await running.publish(simple(flowId, { domain: B, name: { 'zh-CN': '乙院', en: 'secret of B' } }));
  assert.equal((await admin.call('POST', `/flows/${flowId}/unpublish`, {})).status, 200);
  assert.equal((await admin.call('DELETE', `/flows/${flowId}`)).status, 200);
  for (const [method, path, body] of [
    ['PUT', `/flows/${flowId}`, simple(flowId)],
    ['POST', '/bundles/import', { schema: 'bundle/1', flows: [simple(flowId)] }],
  ] as const)
    assert.equal((await analyst.call(method, path, body)).body.code, 'NOT_FOUND', path);
  assert.equal((await analyst.call('GET', `/flows/${flowId}/versions/1`)).status, 404);
  // A person of its domain uses the id for a new flow.
  const ofB = await running.person('berta', ['analyst'], [B]);
  assert.equal((await ofB.call('PUT', `/flows/${flowId}`, simple(flowId, { domain: B }))).status, 200);
});

test('what was saved of a removed flow stays with its domains, though none of it was published', async () => {
  const { admin } = running;
  const flowId = 'flw_gone_draft';
  assert.equal(
    (await admin.call('PUT', `/flows/${flowId}`, simple(flowId, { domain: B, name: { 'zh-CN': '乙院', en: 'secret of B' } }))).status,
    200,
  );
  assert.equal((await admin.call('DELETE', `/flows/${flowId}`)).status, 200);
  assert.equal((await analyst.call('PUT', `/flows/${flowId}`, simple(flowId))).body.code, 'NOT_FOUND');
  assert.equal((await analyst.call('GET', `/flows/${flowId}/revisions`)).status, 404);
});

test('what was saved of a flow before it moved here is neither listed nor read', async () => {
  const { admin } = running;
  const flowId = 'flw_moved_draft';
  await admin.call('PUT', `/flows/${flowId}`, simple(flowId, { domain: B, name: { 'zh-CN': '乙院', en: 'secret of B' } }));
  await admin.call('PUT', `/flows/${flowId}`, simple(flowId, { revision: 1 }));
  await admin.call('PUT', `/flows/${flowId}`, simple(flowId, { revision: 2, deadlineMs: 7000 }));
  const listed = async (person: Client) =>
    (await person.call('GET', `/flows/${flowId}/revisions`)).body.items.map(({ id }: { id: string }) => id) as string[];
  assert.deepEqual(await listed(admin), ['3', '2', '1']);
  assert.deepEqual(await listed(analyst), ['3', '2']);
  assert.equal((await analyst.call('GET', `/flows/${flowId}/revisions/1`)).body.code, 'NOT_FOUND');
  assert.equal((await analyst.call('GET', `/flows/${flowId}/revisions/2`)).status, 200);
});

test('samples of a flow that moved here leave out what was accepted elsewhere', async () => {
  const flowId = 'flw_came';
  const recording = { level: 'full', retainDays: 30, perSecond: 1000 } as const;
  await running.publish(simple(flowId, { domain: B, recording }));
  const there = await running.send(flowId, { number: 1 });
  await running.publish(simple(flowId, { recording, revision: 1 }));
  const here = await running.send(flowId, { number: 2 });
  const seen = async (person: Client) =>
    ((await person.call('GET', `/flows/${flowId}/samples`)).body.items as readonly { executionId: string }[]).map(
      ({ executionId }) => executionId,
    );
  await running.until(async () => (await seen(running.admin)).length === 2);
  assert.deepEqual(await seen(analyst), [here]);
  assert.ok(!(await seen(analyst)).includes(there));
});

test('a reply for a held execution is measured by the own interface, and names no other domain’s', async () => {
  const { admin } = running;
  const flowId = 'flw_booked';
  await running.publish(simple(flowId));
  const responseSchema = { type: 'object', required: ['secretFieldOfB'] };
  const target = { kind: 'flow', flowId };
  const others = interfaceOf({ domain: B, mark: 'eta2' }, { target, responseSchema });
  assert.equal((await admin.call('PUT', '/interfaces/ifc_eta2', others)).status, 200);
  const held = { node: 'n_reply', reason: 'FAILED_AFTER_WRITE', outcomeKnown: true, at: Date.now() };
  const execution = { _id: 'exe_booked', flowId, domain: A, acceptedAt: Date.now(), traceId: 't', status: 'held', held } as const;
  await putExecution(running.documents, execution);
  const conclude = () =>
    analyst.call('POST', '/executions/exe_booked/conclude', { attempt: 1, reason: 'seen in the HIS', reply: { status: 200, data: {} } });
  const hidden = await conclude();
  assert.equal(hidden.body.code, 'REPLY_NOT_FITTING');
  assert.doesNotMatch(JSON.stringify(hidden.body), /eta2|secretFieldOfB/);
  const ours = interfaceOf({ domain: A, mark: 'theta3' }, { target, responseSchema: { type: 'object', required: ['number'] } });
  assert.equal((await admin.call('PUT', '/interfaces/ifc_theta3', ours)).status, 200);
  const named = await conclude();
  assert.equal(named.body.values.interfaceId, 'ifc_theta3');
  assert.match(JSON.stringify(named.body), /number/);
  assert.doesNotMatch(JSON.stringify(named.body), /eta2|secretFieldOfB/);
});

test('a shared flow is called by flows of other domains, but no interface of theirs leads to it', async () => {
  const flowId = 'flw_shared';
  await running.publish(simple(flowId, { domain: B, sharedWith: [A] }));
  const mark = { domain: A, mark: 'iota4' };
  const exposed = await analyst.call('PUT', '/interfaces/ifc_iota4', interfaceOf(mark, { target: { kind: 'flow', flowId } }));
  assert.equal(exposed.body.code, 'NOT_FOUND');
  assert.equal((await analyst.call('PUT', '/flows/flw_calls_shared', calling('flw_calls_shared', flowId))).status, 200);
  assert.equal((await analyst.call('POST', '/flows/flw_calls_shared/publish', {})).status, 200);
});

test('whoever reaches for another domain’s things is in the trail, with what they reached for; a wrong id is not', async () => {
  const auditor = await running.person('ines', ['audit-admin']);
  const prober = await running.person('probe', ['analyst'], [A]);
  const { flowId, adapterId } = ids(MARK_B);
  const [other, nowhere] = [await prober.call('GET', `/flows/${flowId}`), await prober.call('GET', '/flows/flw_nowhere')];
  assert.deepEqual([other.status, other.body.code], [nowhere.status, nowhere.body.code]);
  await prober.call('PUT', `/adapters/${adapterId}`, adapterOf({ domain: A, mark: MARK_B }));
  await prober.call('PUT', '/flows/flw_x', flowOf({ domain: B, mark: 'x' }));
  const lines = await running.until(async () => {
    const { items } = (await auditor.call('GET', '/audit?limit=200&actor=probe&outcome=failed')).body;
    return items.length >= 3 && (items as readonly Readonly<Record<string, string>>[]);
  });
  assert.deepEqual(lines.map(({ action, outcome, subject = '' }) => `${action} ${outcome} ${subject}`).sort(), [
    `adapters.save DOMAIN_OF_OTHERS ${adapterId}`,
    'flows.get DOMAIN_OF_OTHERS flw_zeta9',
    'flows.save DOMAIN_NOT_HELD ',
  ]);
  assert.equal((await running.admin.call('GET', `/executions/${own.executionId}`)).status, 200);
});

test('a draft that would listen where a flow of another domain does is told so, and not which', async () => {
  const { admin } = running;
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const listening = (flowId: string, domain: string, adapter: string) =>
    graph(flowId, { n_in: { type: 'mllp.listen@1', adapter }, n_parse: { type: 'hl7.parse@1' } }, ['n_in > n_parse'], {
      ...{ domain, mode: 'durable' },
    });
  const listener = (domain: string, mark: string) =>
    adapterOf(
      { domain, mark },
      { protocol: 'mllp', environments: { TEST: { listen: { host: '127.0.0.1', port }, listenTls: false, peers: ['127.0.0.1'] } } },
    );
  for (const [domain, mark] of [
    [B, 'kappa5'],
    [A, 'lambda6'],
  ] as const)
    assert.equal((await admin.call('PUT', `/adapters/adp_${mark}`, listener(domain, mark))).status, 200);
  await running.publish(listening('flw_kappa5', B, 'adp_kappa5'));
  const clash = async (person: Client, adapter: string) => {
    const { body } = await person.call('POST', '/flows/validate', listening('flw_lambda6', A, adapter));
    return (body.issues as readonly Issue[]).find(({ code }) => code === 'LISTENER_CLASH');
  };
  const seen = await clash(analyst, 'adp_lambda6');
  assert.deepEqual([seen?.path, seen?.node, seen?.severity, seen?.values], ['/nodes/0/adapter', 'n_in', 'error', { problem: 'others' }]);
  assert.match(seen?.message ?? '', /another domain/);
  assert.doesNotMatch(JSON.stringify(seen), /kappa5/);
  assert.match((await clash(admin, 'adp_lambda6'))?.message ?? '', /flw_kappa5/);
  assert.equal(await clash(analyst, 'adp_kappa5'), undefined, 'of an adapter of others it says nothing');
});
