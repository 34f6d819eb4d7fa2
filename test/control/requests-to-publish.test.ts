/** Publishing to a front by request: what was asked for and looked at is done, or nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActPage } from '../../control/audit-trail/audit.ts';
import type { Page } from '../../control/action/pages.ts';
import type { VersionItem } from '../../control/flows/flow-versions.ts';
import type { Overview } from '../../control/overview/overview.ts';
import type { RequestDetails, RequestItem, RequestList } from '../../control/requests/requests.ts';
import { openRequestStore } from '../../control/requests/request-store.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import { chainFlow } from '../support/platform-api.ts';
import { plainSeal } from './start-control.ts';
import { startWithEngine } from './start-engine.ts';

type Started = Awaited<ReturnType<typeof start>>;

const offered = (more: object = {}) => ({
  ...{ interfaceId: 'ifc_a', revision: 0, name: { 'zh-CN': '预约', en: 'Booking' }, domain: 'sh-city', front: 'open', method: 'POST' },
  ...{ path: '/open/v1/a', state: 'offline', target: { kind: 'flow', flowId: 'flw_a' }, dataClass: 'sensitive' },
  ...{ timeoutMs: 1000, timeoutRetries: 0, exceptionRetries: 0, log: 'none', ...more },
});

async function start() {
  const running = await startWithEngine();
  const [ann, ben, oli, adm] = [
    await running.person('ann', ['analyst']),
    await running.person('ben', ['analyst']),
    await running.person('oli', ['operator']),
    running.admin,
  ];
  const ask = async (who: typeof ann, action: string, input: unknown) => {
    const asked = await who.call('POST', '/requests', { action, input, reason: '甲院要求今晚上线' });
    assert.equal(asked.status, 200, JSON.stringify(asked.body));
    return (asked.body as RequestItem).requestId;
  };
  const decide = (who: typeof ann, requestId: string, accept = true) =>
    who.call('POST', `/requests/${requestId}/decide`, { accept, reason: '已核对' });
  const saved = (await ann.call('PUT', '/flows/flw_a', chainFlow('flw_a', []))).body as { revision: number };
  const versions = async () => ((await ann.call('GET', '/flows/flw_a/versions')).body as Page<VersionItem>).items;
  const outcomes = async (who: typeof ann) =>
    ((await who.call('GET', '/requests?side=own')).body as RequestList).items.map(({ status, outcome }) => [status, outcome]);
  return { running, ann, ben, oli, adm, ask, decide, versions, outcomes, revision: saved.revision };
}

/** Saves the flow once more, as its author. */
async function saveAgain({ ann }: Started, tag: string) {
  const draft = (await ann.call('GET', '/flows/flw_a')).body as object;
  assert.equal((await ann.call('PUT', '/flows/flw_a', { ...draft, tags: [tag] })).status, 200);
}

test('an operator asks for a draft to be published, an analyst sees it in the overview and decides, and it is published as asked', async (t) => {
  const { running, ann, oli, ask, decide, versions, revision } = await start();
  t.after(running.stop);
  assert.equal((await oli.call('POST', '/flows/flw_a/publish', {})).status, 403);
  const requestId = await ask(oli, 'flows.publish', { flowId: 'flw_a', revision });
  assert.equal(((await ann.call('GET', '/overview')).body as Overview).attention.requests?.count, 1);
  const seen = (await ann.call('GET', `/requests/${requestId}`)).body as RequestDetails;
  assert.deepEqual(
    [seen.input, seen.mayDecide, seen.isOutdated, seen.names.map((name) => name.en)],
    [{ flowId: 'flw_a', revision, note: '甲院要求今晚上线' }, true, false, [chainFlow('flw_a', []).name.en]],
  );
  assert.equal((await decide(ann, requestId)).status, 200);
  assert.deepEqual(
    (await versions()).map(({ version, publishedBy, note }) => [version, publishedBy, note]),
    [[1, 'ann', '甲院要求今晚上线']],
  );
  const auditor = await running.person('auditor', ['audit-admin']);
  const { items } = (await auditor.call('GET', '/audit/acts?action=flows.publish')).body as ActPage;
  const act = items.find(({ outcome }) => outcome === 'done');
  assert.match(String(act?.reason), new RegExp(`${requestId} \\(oli: 甲院要求今晚上线\\) 已核对`));
});

test('an operator asks for an interface on the open front, and one that is online is taken off by request too', async (t) => {
  const { running, ben, oli, ask, decide, outcomes } = await start();
  t.after(running.stop);
  const viewer = await running.person('vera', ['viewer']);
  const wanted = { interfaceId: 'ifc_a', document: offered({ state: 'online' }) };
  assert.equal((await oli.call('PUT', '/interfaces/ifc_a', wanted.document)).status, 403);
  const requestId = await ask(oli, 'interfaces.save', wanted);
  assert.equal((await ben.call('GET', '/interfaces/ifc_a')).status, 404);
  const { records } = await openRequestStore(running.documents, plainSeal);
  assert.doesNotMatch(JSON.stringify(await records.get(requestId)), /甲院|预约|Booking|open.v1/);
  assert.equal((await decide(ben, requestId)).status, 200);
  const { state, front, path, revision } = (await ben.call('GET', '/interfaces/ifc_a')).body as InterfaceDocument;
  assert.deepEqual([state, front, path], ['online', 'open', '/open/v1/a']);
  const off = await ask(viewer, 'interfaces.set-state', { interfaceId: 'ifc_a', state: 'offline', revision });
  assert.equal((await decide(oli, off)).status, 200);
  assert.equal((await ben.call('GET', '/interfaces/ifc_a')).body['state'], 'offline');
  assert.deepEqual([await outcomes(oli), await outcomes(viewer)], [[['done', undefined]], [['done', undefined]]]);
});

test('a draft that was saved, published or removed after it was asked for is not published, and both sides are told', async (t) => {
  const all = await start();
  const { running, ann, oli, ask, decide, versions, outcomes } = all;
  t.after(running.stop);
  const draft = async () => ((await ann.call('GET', '/flows/flw_a')).body as FlowDocument).revision;
  const stale = { action: 'flows.publish', input: { flowId: 'flw_a', revision: 1 }, reason: 'x' };
  const changes: readonly (() => Promise<unknown>)[] = [
    () => saveAgain(all, 'later'),
    () => ann.call('POST', '/flows/flw_a/publish', {}),
    () => ann.call('POST', '/flows/flw_a/unpublish', {}),
    () => ann.call('DELETE', '/flows/flw_a'),
  ];
  for (const change of changes) {
    const requestId = await ask(oli, 'flows.publish', { flowId: 'flw_a', revision: await draft() });
    await change();
    const before = await versions();
    const { isOutdated, mayDecide } = (await ann.call('GET', `/requests/${requestId}`)).body as RequestDetails;
    assert.deepEqual([isOutdated, mayDecide], [true, true]);
    assert.equal((await decide(ann, requestId)).body.code, 'REQUEST_OUTDATED');
    assert.deepEqual(await versions(), before);
  }
  assert.deepEqual(
    await outcomes(oli),
    changes.map(() => ['failed', 'REQUEST_OUTDATED']),
  );
  await ann.call('PUT', '/flows/flw_a', chainFlow('flw_a', []));
  await saveAgain(all, 'again');
  assert.equal((await oli.call('POST', '/requests', stale)).body.code, 'REQUEST_OUTDATED');
  assert.equal((await oli.call('POST', '/requests', { ...stale, input: { flowId: 'flw_a' } })).body.code, 'REQUEST_INPUT');
});

test('an interface that was changed, or removed and made again, stays as it is', async (t) => {
  const { running, ann, oli, ask, decide } = await start();
  t.after(running.stop);
  const viewer = await running.person('vera', ['viewer']);
  const make = (more: object = {}) => ann.call('PUT', '/interfaces/ifc_a', offered(more));
  assert.equal((await make()).status, 200);
  const state = async () => ((await ann.call('GET', '/interfaces/ifc_a')).body as InterfaceDocument).state;
  const online = { interfaceId: 'ifc_a', state: 'online', revision: 1 };
  const again = await ask(viewer, 'interfaces.set-state', online);
  await ann.call('DELETE', '/interfaces/ifc_a');
  assert.equal((await decide(oli, again)).body.code, 'REQUEST_OUTDATED');
  // The same number of a save, and another path.
  const other = await (await make(), ask(viewer, 'interfaces.set-state', online));
  await ann.call('DELETE', '/interfaces/ifc_a');
  await make({ path: '/open/v1/other' });
  assert.equal((await decide(oli, other)).body.code, 'REQUEST_OUTDATED');
  // What callers would get is another version than the one that was looked at.
  const version = await ask(viewer, 'interfaces.set-state', online);
  await ann.call('POST', '/flows/flw_a/publish', {});
  assert.equal((await decide(oli, version)).body.code, 'REQUEST_OUTDATED');
  assert.equal(await state(), 'offline');
  const stale = { action: 'interfaces.set-state', input: { ...online, revision: 7 }, reason: 'x' };
  assert.equal((await viewer.call('POST', '/requests', stale)).body.code, 'REQUEST_OUTDATED');
  assert.equal((await oli.call('PUT', '/interfaces/ifc_a/state', { state: 'online', revision: 7 })).body.code, 'STALE_REVISION');
  const late = (await ann.call('POST', '/flows/flw_a/publish', { revision: 7 })).body as { code: string; values: { savedBy: string } };
  assert.deepEqual([late.code, late.values.savedBy], ['FLOW_DRAFT_CHANGED', 'ann']);
});

test('of a decision and a save at the same moment one is first: what was looked at is published, or nothing', async (t) => {
  const all = await start();
  const { running, ann, ben, oli, ask, decide, versions, revision } = all;
  t.after(running.stop);
  const requestId = await ask(oli, 'flows.publish', { flowId: 'flw_a', revision });
  const [decided] = await Promise.all([decide(ben, requestId), saveAgain(all, 'at once')]);
  const published = await versions();
  if (decided.status !== 200) {
    assert.match(String(decided.body.code), /^(REQUEST_OUTDATED|FLOW_DRAFT_CHANGED)$/);
    assert.deepEqual(published, []);
    return;
  }
  const version = (await ann.call('GET', `/flows/flw_a/versions/${published[0]!.version}`)).body as { document: { revision: number } };
  assert.equal(version.document.revision, revision);
});

test('of two who decide at once one decides, and one version comes of it', async (t) => {
  const { running, ann, ben, oli, ask, decide, versions, revision } = await start();
  t.after(running.stop);
  const requestId = await ask(oli, 'flows.publish', { flowId: 'flw_a', revision });
  const answers = await Promise.all([decide(ann, requestId), decide(ben, requestId), decide(ben, requestId, false)]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 422, 422]);
  const accepted = [answers[0], answers[1]].some((answer) => answer?.status === 200);
  assert.equal((await versions()).length, accepted ? 1 : 0);
});

test('nobody decides what they asked for, also with the right that they got since; nothing is done for who was disabled or lost their role', async (t) => {
  const { running, ann, ben, oli, adm, ask, decide, versions, outcomes, revision } = await start();
  t.after(running.stop);
  const account = async (name: string, change: object) => {
    const { items } = (await adm.call('GET', '/accounts')).body as { items: { name: string; revision: number }[] };
    const {
      displayName,
      roles,
      domains,
      disabled,
      revision: at,
    } = items.find((item) => item.name === name) as never as {
      [key: string]: unknown;
    };
    const answer = await adm.call('PUT', `/accounts/${name}`, { displayName, roles, domains, disabled, revision: at, ...change });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  };
  const wish = () => ask(oli, 'flows.publish', { flowId: 'flw_a', revision });
  const own = await wish();
  assert.equal((await decide(oli, own)).status, 403);
  await account('oli', { roles: ['operator', 'analyst'] });
  assert.equal((await decide(oli, own)).body.code, 'REQUEST_OWN');
  const { items } = (await oli.call('GET', '/requests')).body as RequestList;
  assert.deepEqual(
    items.map(({ mayDecide, deciders }) => [mayDecide, deciders]),
    [[false, 3]],
  );
  await account('oli', { roles: [] });
  assert.equal((await decide(ann, own)).body.code, 'REQUEST_ASKER_GONE');
  await account('oli', { roles: ['operator'] });
  const disabled = await wish();
  await account('oli', { disabled: true });
  assert.equal((await decide(ben, disabled)).body.code, 'REQUEST_ASKER_GONE');
  await account('oli', { disabled: false, domains: ['hospital-b'] });
  const later = await running.person('oli2', ['operator']);
  const moved = await ask(later, 'flows.publish', { flowId: 'flw_a', revision });
  await account('oli2', { domains: ['hospital-b'] });
  assert.equal((await decide(ben, moved)).body.code, 'NOT_FOUND');
  assert.deepEqual(await versions(), []);
  assert.deepEqual(await outcomes(ben), []);
});

test('who may publish, but not past what another domain owns, asks; who has those domains decides, and nobody else', async (t) => {
  const { running, ann, ask, decide, versions } = await start();
  t.after(running.stop);
  const [own, other] = [await running.person('ines', ['analyst'], ['sh-city']), await running.person('otto', ['analyst'], ['clinic'])];
  const both = await running.person('bella', ['analyst'], ['sh-city', 'clinic']);
  assert.equal((await ann.call('PUT', '/interfaces/ifc_a', offered({ domain: 'clinic' }))).status, 200);
  const refused = (await own.call('POST', '/flows/flw_a/publish', {})).body as { code: string; fix: string };
  assert.equal(refused.code, 'FLOW_OUTSIDE_DOMAINS');
  assert.match(refused.fix, /POST \/requests with the action flows\.publish/);
  const { revision } = (await own.call('GET', '/flows/flw_a')).body as FlowDocument;
  const input = { flowId: 'flw_a', revision };
  const needless = await both.call('POST', '/requests', { action: 'flows.publish', input, reason: 'x' });
  assert.equal(needless.body.code, 'REQUEST_NEEDLESS', 'who meets no wall does it');
  const requestId = await ask(own, 'flows.publish', input);
  assert.equal((await other.call('GET', `/requests/${requestId}`)).status, 404);
  assert.equal((await own.call('GET', `/requests/${requestId}`)).body.mayDecide, false);
  assert.equal((await decide(both, requestId)).status, 200);
  assert.deepEqual(
    (await versions()).map(({ publishedBy }) => publishedBy),
    ['bella'],
  );
});

test('whether a reference of a flow is another domain’s or nobody’s is not told by asking: somebody of all domains decides', async (t) => {
  const { running, ann, ask, decide } = await start();
  t.after(running.stop);
  const own = await running.person('ines', ['analyst'], ['sh-city']);
  const both = await running.person('bella', ['analyst'], ['sh-city', 'clinic']);
  const adapter = { adapterId: 'adp_b', revision: 0, name: { 'zh-CN': '乙', en: 'B' }, protocol: 'http', owner: 'B', domain: 'clinic' };
  await ann.call('PUT', '/adapters/adp_b', { ...adapter, environments: { TEST: { baseUrl: 'http://127.0.0.1:9' } } });
  const asked = async (flowId: string, adapterId: string) => {
    const call = { type: 'http.call@1', id: 'n_b', adapter: adapterId, config: { method: 'GET', path: '/x' } };
    const saved = (await ann.call('PUT', `/flows/${flowId}`, chainFlow(flowId, [call]))).body as FlowDocument;
    const requestId = await ask(own, 'flows.publish', { flowId, revision: saved.revision });
    return { requestId, deciders: (await own.call('GET', `/requests/${requestId}`)).body.deciders as number };
  };
  const [others, nobodys] = [await asked('flw_b', 'adp_b'), await asked('flw_c', 'adp_nowhere')];
  assert.equal(others.deciders, nobodys.deciders);
  assert.equal((await both.call('GET', `/requests/${others.requestId}`)).status, 404);
  assert.equal((await decide(ann, others.requestId)).status, 200);
  assert.equal((await decide(ann, nobodys.requestId)).body.code, 'FLOW_INVALID');
});
