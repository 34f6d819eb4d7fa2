/** The city's documents are valid, their saved tests pass, and their calls fit the programs that play the hospitals. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import test from 'node:test';
import { Value } from 'typebox/value';
import type { TSchema } from 'typebox';
import { AdapterDocument, CodeTable } from '../../engine/contract/node/adapter.ts';
import type { FlowDocument, FlowNode } from '../../engine/contract/flow/flow-document.ts';
import type { Issue } from '../../engine/contract/values/errors.ts';
import { compileSyntaxOnly, notHere } from './city-fixtures.ts';
import { runSavedTests } from './run-saved-tests.ts';
import { createBuildContext } from '../../engine/expression/create-build-context.ts';
import { parseFlow } from '../../engine/flow/parse-flow.ts';
import { validateFlow } from '../../engine/flow/validate-flow.ts';
import { loadNodes } from '../../engine/registry/load-nodes.ts';
import { listenTrigger, runNode } from '../../engine/testing/public.ts';
import { createDistrict } from '../../examples/city/district/district.ts';
import { createHospitalA } from '../../examples/city/hospital-a/hospital-a.ts';
import { createHospitalB } from '../../examples/city/hospital-b/hospital-b.ts';
import { feedMessage } from '../../examples/city/hospital-c/feed.ts';
import { createHospitalC } from '../../examples/city/hospital-c/hospital-c.ts';
import { AppDocument, GrantDocument } from '../../gateways/documents/caller-documents.ts';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import { createInterfaceCheck, createSavingCheck } from '../../gateways/pipeline/check-interface.ts';
import { createSchemaTrial } from '../../gateways/shared/create-schema-trial.ts';
import { systemClock } from '../../engine/host/system-clock.ts';
import { loadPolicies } from '../../gateways/pipeline/load-policies.ts';

const city = new URL('../../examples/city/', import.meta.url);
const read = <T>(name: string): T => JSON.parse(readFileSync(new URL(name, city), 'utf8')) as T;
const nodes = await loadNodes([new URL('../../nodes/', import.meta.url)]);
const adapters = read<AdapterDocument[]>('adapters.json');
const tables = read<CodeTable[]>('tables.json');
const interfaces = read<InterfaceDocument[]>('interfaces.json');
const flows = readdirSync(new URL('flows/', city)).map((name) => read<FlowDocument>(`flows/${name}`));
const build = createBuildContext({ pool: notHere });

for (const flow of flows) {
  test(`${flow.flowId} is a valid flow without a warning`, () => {
    assert.deepEqual(parseFlow(flow).issues, []);
    const issues = validateFlow(flow, {
      nodes,
      adapters: { environment: 'DEV', protocolOf: (id) => adapters.find(({ adapterId }) => adapterId === id)?.protocol },
      hasTable: (id) => tables.some(({ tableId }) => tableId === id),
      checkExpression: compileSyntaxOnly,
    });
    assert.deepEqual(issues, []);
  });

  test(`the saved tests of ${flow.flowId} pass`, async () => {
    const report = await runSavedTests(flow, { nodes, build, tables });
    assert.deepEqual(
      report.tests.map(({ name, problems }) => ({ name, problems })),
      flow.tests.map(({ name }) => ({ name, problems: [] })),
    );
    assert.ok(flow.tests.length > 0);
  });
}

test('the interfaces are valid, at least eight, on all three fronts', async () => {
  const policies = await loadPolicies();
  const check = createSavingCheck(createInterfaceCheck(policies), policies, createSchemaTrial(systemClock), systemClock);
  assert.deepEqual((await Promise.all(interfaces.map((document) => check(document, 'ann')))).flat(), [] as Issue[]);
  assert.ok(interfaces.length >= 8);
  assert.deepEqual([...new Set(interfaces.map(({ front }) => front))].sort(), ['bus', 'open', 'user']);
  const flowIds = flows.map(({ flowId }) => flowId);
  for (const { target } of interfaces) if (target.kind === 'flow') assert.ok(flowIds.includes(target.flowId));
});

test('adapters, code tables, apps and grants fit their schemas and each other', () => {
  const apps = read<AppDocument[]>('apps.json');
  const grants = read<GrantDocument[]>('grants.json');
  for (const [schema, documents] of [
    [AdapterDocument, adapters],
    [CodeTable, tables],
    [AppDocument, apps],
    [GrantDocument, grants],
  ] as [TSchema, unknown[]][]) {
    for (const document of documents) assert.deepEqual(Value.Errors(schema, document), []);
  }
  assert.deepEqual(new Set(grants.map(({ interfaceId }) => interfaceId)), new Set(interfaces.map(({ interfaceId }) => interfaceId)));
  for (const { appId } of grants) assert.ok(apps.some((app) => app.appId === appId));
});

test('the calls of the flows are understood by the programs that play the hospitals', async (t) => {
  const [a, b, district] = await Promise.all([createHospitalA({ port: 0 }), createHospitalB({ port: 0 }), createDistrict({ port: 0 })]);
  t.after(() => Promise.all([a.stop(), b.stop(), district.stop()]));
  const call = async (flowId: string, nodeId: string, data: unknown, baseUrl: string) => {
    const node = nodeOf(flowId, nodeId);
    const { charset } = adapters.find(({ adapterId }) => adapterId === node.adapter)!;
    const adapter = { settings: { baseUrl }, ...(charset === undefined ? {} : { charset }) };
    const outcome = await runNode(nodes.get(node.type)!, { config: node.config, data, adapter, build, idempotencyKey: `${nodeId}-1` });
    assert.ok('emit' in outcome);
    return outcome.emit['ok']?.[0]?.data as Record<string, unknown>;
  };
  const user = { user: { patientId: 'P000006' } };
  assert.equal(
    (
      await call('flw_appointment', 'n_book_a', { patientId: 'P000006', departmentCode: '01', date: '2026-01-05', period: 'AM' }, a.address)
    )['registrationNo'],
    'A00000001',
  );
  const booked = await call(
    'flw_appointment',
    'n_book_b',
    { PatientId: 'P000006', PatientName: '虚构庚甲', DeptCode: 'NK', VisitDate: '20260105' },
    b.address,
  );
  assert.deepEqual(booked, { ResultCode: '0', ResultMessage: '挂号成功：虚构庚甲', RegNo: 'B00000001' });
  assert.deepEqual([a.state().byIdempotencyKey, b.state().byIdempotencyKey], [{ 'n_book_a-1': 1 }, { 'n_book_b-1': 1 }]);
  assert.equal(((await call('flw_reports', 'n_ask_a', user, a.address))['reports'] as unknown[]).length, 2);
  const reports = await call('flw_reports', 'n_ask_b', { PatientId: 'P000006' }, b.address);
  assert.equal((reports as { Reports: { Report: { ItemName: string }[] } }).Reports.Report[0]?.ItemName, '胸部正位片');
  assert.deepEqual(await call('flw_admission', 'n_send', { patientId: 'P000006', noticeId: 'C1' }, district.address), {
    noticeId: 'C1',
    receipt: 'D-C1',
  });
});

test('the feed of hospital C is taken in by the listener of its flow and parsed', async (t) => {
  const { port } = await freePort();
  const listen = nodeOf('flw_admission', 'n_listen');
  const { environments, charset } = adapters.find(({ adapterId }) => adapterId === listen.adapter)!;
  const settings = { ...environments['default'], listen: { host: '127.0.0.1', port } };
  const trigger = await listenTrigger(nodes.get(listen.type)!, { config: listen.config, adapter: { settings, charset: charset! } });
  t.after(() => trigger.stop());
  const hospital = createHospitalC({ port, intervalMs: 0, count: 6 });
  await hospital.finished;
  assert.deepEqual(hospital.state(), { sent: 6, resent: 0, connects: 1, acknowledged: 6, refused: 0 });
  const parse = nodeOf('flw_admission', 'n_parse');
  for (const [number, { message }] of trigger.arrivals.entries()) {
    const expected = feedMessage(number);
    assert.deepEqual(message.keys, { patient: expected.patientId, message: expected.controlId });
    assert.equal(message.data, expected.text);
    const outcome = await runNode(nodes.get(parse.type)!, { config: parse.config, message, build });
    assert.ok('emit' in outcome);
  }
});

/** A port that was free just now; the adapter's document wants a number. */
async function freePort(): Promise<AddressInfo> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return address;
}

function nodeOf(flowId: string, nodeId: string): FlowNode {
  return flows.find((flow) => flow.flowId === flowId)!.nodes.find(({ id }) => id === nodeId)!;
}
