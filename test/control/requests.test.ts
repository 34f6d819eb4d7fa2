import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActPage } from '../../control/audit-trail/audit.ts';
import type { Overview } from '../../control/overview/overview.ts';
import type { RequestDetails, RequestItem, RequestList } from '../../control/requests/requests.ts';
import { errorText } from '../../engine/contract/error-texts/error-texts.ts';
import { chainFlow } from '../support/platform-api.ts';
import { startWithEngine } from './start-engine.ts';

const adapter = (more: object = {}) => ({
  adapterId: 'adp_his',
  revision: 0,
  name: { 'zh-CN': '甲院 HIS', en: 'HIS' },
  protocol: 'http',
  owner: '',
  domain: 'sh-city',
  environments: { TEST: { baseUrl: 'https://his.example' } },
  ...more,
});
const grant = { grantId: 'grt_1', revision: 0, appId: 'CITIZENS', interfaceId: 'ifc_a' };

async function start() {
  const running = await startWithEngine();
  const [ann, sec, vera] = [
    await running.person('ann', ['analyst']),
    await running.person('sec', ['security-admin']),
    await running.person('vera', ['viewer']),
  ];
  const ask = (action: string, input: unknown, reason = '对接甲院') => ann.call('POST', '/requests', { action, input, reason });
  const decide = (who: typeof ann, requestId: string, accept = true) =>
    who.call('POST', `/requests/${requestId}/decide`, { accept, reason: '已核对' });
  return { running, ann, sec, vera, ask, decide };
}

async function openGrant({ ann, sec, ask }: Awaited<ReturnType<typeof start>>): Promise<string> {
  await ann.call('PUT', '/flows/flw_a', chainFlow('flw_a', []));
  await ann.call('PUT', '/interfaces/ifc_a', {
    ...{ interfaceId: 'ifc_a', revision: 0, name: { 'zh-CN': '甲', en: 'A' }, domain: 'sh-city', front: 'open', method: 'POST' },
    ...{ path: '/open/v1/a', state: 'offline', target: { kind: 'flow', flowId: 'flw_a' } },
    ...{ timeoutMs: 1000, timeoutRetries: 0, exceptionRetries: 0, log: 'none' },
  });
  const app = {
    ...{ appId: 'CITIZENS', revision: 0, name: { 'zh-CN': '随申办', en: 'Citizens' }, domain: 'sh-city' },
    ...{ caller: '随申办', state: 'active', windowSec: 300 },
  };
  const made = await sec.call('PUT', '/apps/CITIZENS', app);
  assert.equal(made.status, 200, JSON.stringify(made.body));
  const asked = await ask('grants.save', { grantId: 'grt_1', document: grant });
  assert.equal(asked.status, 200, JSON.stringify(asked.body));
  return (asked.body as RequestItem).requestId;
}

test('an analyst asks for a grant, the security administrator sees it in the overview, decides, and it is their act', async (t) => {
  const all = await start();
  const { running, ann, sec, vera, decide } = all;
  t.after(running.stop);
  const requestId = await openGrant(all);
  const seen = async (who: typeof ann) => ((await who.call('GET', '/overview')).body as Overview).attention.requests?.count;
  assert.deepEqual([await seen(sec), await seen(ann), await seen(vera)], [1, undefined, undefined]);
  const { input, reason, mayDecide } = (await sec.call('GET', `/requests/${requestId}`)).body as RequestDetails;
  assert.deepEqual([input, reason, mayDecide], [{ grantId: 'grt_1', document: grant }, '对接甲院', true]);
  assert.equal((await vera.call('GET', `/requests/${requestId}`)).status, 404);
  assert.equal((await decide(ann, requestId)).status, 403);
  const decided = await decide(sec, requestId);
  assert.deepEqual([decided.status, (decided.body as RequestItem).status], [200, 'done']);
  const { items } = (await sec.call('GET', '/grants')).body as { items: { grantId: string }[] };
  assert.deepEqual(
    items.map(({ grantId }) => grantId),
    ['grt_1'],
  );
  assert.equal((await decide(sec, requestId)).body.code, 'REQUEST_NOT_OPEN');
  const auditor = await running.person('auditor', ['audit-admin']);
  const acts = (await auditor.call('GET', '/audit/acts?action=grants.save')).body as ActPage;
  assert.deepEqual(
    acts.items.map(({ actor, outcome }) => [actor, outcome]),
    [['sec', 'done']],
  );
  assert.match(acts.items[0]!.reason!, new RegExp(`${requestId}.*ann.*对接甲院.*已核对`));
  const decidedOf = async (who: typeof ann) => ((await who.call('GET', '/requests?side=decided')).body as RequestList).items;
  assert.deepEqual(
    (await decidedOf(sec)).map((item) => [item.requestId, item.mayDecide]),
    [[requestId, false]],
  );
  assert.deepEqual(await decidedOf(ann), []);
  const own = (await ann.call('GET', '/requests')).body as RequestList;
  assert.deepEqual(
    own.items.map(({ status, decidedBy, decision }) => [status, decidedBy, decision]),
    [['done', 'sec', '已核对']],
  );
});

test('an analyst and a security administrator finish an adapter with a credential together, which neither can alone', async (t) => {
  const { running, ann, sec, ask, decide } = await start();
  t.after(running.stop);
  await ann.call('PUT', '/adapters/adp_his', adapter());
  await sec.call('PUT', '/secrets/his-key', { value: 'planted', adapters: ['adp_his'] });
  const wanted = adapter({ revision: 1, credential: 'his-key' });
  assert.equal((await ann.call('PUT', '/adapters/adp_his', wanted)).status, 403);
  assert.equal((await sec.call('PUT', '/adapters/adp_his', wanted)).status, 403);
  const asked = await ask('adapters.save', { adapterId: 'adp_his', document: wanted });
  assert.equal(asked.status, 200, JSON.stringify(asked.body));
  const decided = await decide(sec, (asked.body as RequestItem).requestId);
  assert.equal(decided.status, 200, JSON.stringify(decided.body));
  assert.equal((await ann.call('GET', '/adapters/adp_his')).body.credential, 'his-key');
});

test('a request that is refused, withdrawn, stale, or of one who may no longer ask does nothing, and says so', async (t) => {
  const all = await start();
  const { running, ann, sec, ask, decide } = all;
  t.after(running.stop);
  const refusedId = await openGrant(all);
  assert.equal(((await decide(sec, refusedId, false)).body as RequestItem).status, 'refused');
  const again = async () => ((await ask('grants.save', { grantId: 'grt_1', document: grant })).body as RequestItem).requestId;
  const withdrawn = await again();
  assert.equal((await ann.call('POST', `/requests/${withdrawn}/withdraw`, {})).status, 200);
  assert.equal((await decide(sec, withdrawn)).body.code, 'REQUEST_NOT_OPEN');
  const asked = await ask('grants.save', { grantId: 'grt_1', document: { ...grant, revision: 7 } });
  assert.equal(asked.body.code, 'REQUEST_OUTDATED');
  const stale = await again();
  assert.equal((await sec.call('PUT', '/grants/grt_1', grant)).status, 200);
  assert.equal((await decide(sec, stale)).body.code, 'REQUEST_OUTDATED');
  const own = (await ann.call('GET', '/requests')).body as RequestList;
  assert.deepEqual(own.items.map(({ status, outcome }) => [status, outcome]).sort(), [
    ['failed', 'REQUEST_OUTDATED'],
    ['refused', undefined],
    ['withdrawn', undefined],
  ]);
  const { items } = (await sec.call('GET', '/grants')).body as { items: { revision: number }[] };
  assert.deepEqual(
    items.map(({ revision }) => revision),
    [1],
  );
});

test('a refusal says how to get it done: by a request where one may be made, otherwise by somebody with the right', async (t) => {
  const { running, ann, sec, vera, ask } = await start();
  t.after(running.stop);
  const credential = adapter({ credential: 'his-key' });
  const refused = async (answer: Promise<{ readonly body: unknown }>) => {
    const { code, fix, values } = (await answer).body as { code: string; fix: string; values: Record<string, string> };
    assert.equal(code, 'PERMISSION_DENIED');
    return { fix, problem: values['problem'], chinese: errorText({ code, message: '', values, fix }, 'zh-CN').fix };
  };
  const save = await refused(ann.call('PUT', '/adapters/adp_his', credential));
  assert.match(save.fix, /POST \/requests with the action adapters\.save/);
  assert.match(save.chinese!, /POST \/requests（action 为 adapters\.save）/);
  assert.equal((await ask('adapters.save', { adapterId: 'adp_his', document: credential })).status, 200);
  const publish = await refused(vera.call('POST', '/flows/flw_a/publish', {}));
  assert.match(publish.fix, /with the action flows\.publish/);
  const secret = await refused(ann.call('PUT', '/secrets/his-key', { value: 'x' }));
  assert.deepEqual([secret.problem, secret.chinese], ['security-admin', '此权限只有安全管理员有，请安全管理员办理。']);
  assert.match((await refused(sec.call('PUT', '/adapters/adp_his', adapter()))).fix, /system administrator for a role/);
});

test('only acts that may be asked for are taken, with their own input, from who may ask, within their domains, and not too many', async (t) => {
  const all = await start();
  const { running, sec, vera, ask } = all;
  t.after(running.stop);
  await openGrant(all);
  const codeOf = async (answer: Promise<{ readonly body: { readonly code?: string } }>) => (await answer).body.code;
  assert.equal(await codeOf(ask('accounts.update', {})), 'NOT_FOUND');
  assert.equal(await codeOf(ask('toString', {})), 'NOT_FOUND');
  const wrong = async (answer: ReturnType<typeof ask>) => {
    const { code, issues } = (await answer).body as { code: string; issues: { path: string }[] };
    return [code, ...issues.map(({ path }) => path)];
  };
  assert.deepEqual(await wrong(ask('grants.save', { grantId: 'grt_1' })), ['REQUEST_INPUT', '/input/document']);
  const unnamed = { grantId: 'grt_1', document: { ...grant, appId: 7 } };
  assert.deepEqual(await wrong(ask('grants.save', unnamed)), ['REQUEST_INPUT', '/input/document/appId']);
  const input = { grantId: 'grt_2', document: { ...grant, grantId: 'grt_2' } };
  assert.equal(await codeOf(vera.call('POST', '/requests', { action: 'grants.save', input, reason: 'x' })), 'PERMISSION_DENIED');
  const both = await running.person('both', ['security-admin', 'analyst']);
  assert.equal(await codeOf(both.call('POST', '/requests', { action: 'grants.save', input, reason: 'x' })), 'REQUEST_NEEDLESS');
  const elsewhere = await running.person('else', ['analyst'], ['hospital-b']);
  assert.equal(await codeOf(elsewhere.call('POST', '/requests', { action: 'grants.save', input, reason: 'x' })), 'NOT_FOUND');
  const otherKeeper = await running.person('keeper-b', ['security-admin'], ['hospital-b']);
  assert.deepEqual(((await otherKeeper.call('GET', '/requests')).body as RequestList).items, []);
  const until = (count: number) => ({ ...input, document: { ...input.document, expiresAt: 4e12 + count } });
  for (let count = 1; count < 20; count++) assert.equal(await codeOf(ask('grants.save', until(count))), undefined);
  assert.equal(await codeOf(ask('grants.save', until(20))), 'REQUESTS_FULL');
  assert.equal(((await sec.call('GET', '/requests')).body as RequestList).items.length, 20);
});

test('a grant that was asked for is not given to an app that has become another one', async (t) => {
  const all = await start();
  const { running, sec, ask, decide } = all;
  t.after(running.stop);
  const first = await openGrant(all);
  const again = async () => ((await ask('grants.save', { grantId: 'grt_1', document: grant })).body as RequestItem).requestId;
  const app = { ...{ appId: 'CITIZENS', name: { 'zh-CN': '随申办', en: 'Citizens' }, domain: 'sh-city' }, state: 'active', windowSec: 300 };
  const save = async (revision: number, more: object) => {
    const saved = await sec.call('PUT', '/apps/CITIZENS', { ...app, caller: '随申办', revision, ...more });
    assert.equal(saved.status, 200, JSON.stringify(saved.body));
  };
  const isRefused = async (requestId: string) => {
    assert.equal(((await sec.call('GET', `/requests/${requestId}`)).body as RequestDetails).isOutdated, true);
    assert.equal((await decide(sec, requestId)).body.code, 'REQUEST_OUTDATED');
  };
  await save(1, { caller: '某公司' });
  await isRefused(first);
  await save(2, {});
  const second = await again();
  assert.equal((await sec.call('DELETE', '/apps/CITIZENS')).status, 200);
  await isRefused(second);
  await save(0, {});
  const third = await again();
  assert.equal((await sec.call('DELETE', '/apps/CITIZENS')).status, 200);
  await save(0, { name: { 'zh-CN': '某公司', en: 'A company' } });
  await isRefused(third);
  assert.deepEqual((await sec.call('GET', '/grants')).body, { items: [] });
  const fourth = await again();
  await save(1, { name: { 'zh-CN': '某公司', en: 'A company' }, state: 'disabled' });
  assert.equal((await decide(sec, fourth)).status, 200, 'whether it is on is another matter');
});

test('nobody asks twice for the same, and what one request brought is not done again by another', async (t) => {
  const all = await start();
  const { running, ann, sec, ask, decide } = all;
  t.after(running.stop);
  const first = await openGrant(all);
  const same = { grantId: 'grt_2', document: { ...grant, grantId: 'grt_2' } };
  const again = (await ask('grants.save', same)).body as { code: string; values: { requestId: string } };
  assert.deepEqual([again.code, again.values.requestId], ['REQUEST_ASKED_ALREADY', first]);
  const ben = await running.person('ben', ['analyst']);
  const other = (await ben.call('POST', '/requests', { action: 'grants.save', input: same, reason: '同上' })).body as RequestItem;
  assert.equal((await decide(sec, first)).status, 200);
  assert.equal(((await ben.call('GET', `/requests/${other.requestId}`)).body as RequestDetails).isOutdated, true);
  assert.equal((await decide(sec, other.requestId)).body.code, 'REQUEST_OUTDATED');
  assert.equal(((await sec.call('GET', '/grants')).body as { items: unknown[] }).items.length, 1);
  assert.equal((await ann.call('POST', `/requests/${first}/withdraw`, {})).body.code, 'REQUEST_NOT_OPEN');
});

test('a grant that stands stays that of its app and interface, and an act is asked for under the id of its document', async (t) => {
  const all = await start();
  const { running, sec, ask, decide } = all;
  t.after(running.stop);
  assert.equal((await decide(sec, await openGrant(all))).status, 200);
  const app = { ...{ appId: 'B20001', revision: 0, name: { 'zh-CN': '乙', en: 'B' }, domain: 'sh-city' }, caller: '乙' };
  assert.equal((await sec.call('PUT', '/apps/B20001', { ...app, state: 'active', windowSec: 300 })).status, 200);
  const other = { ...grant, revision: 1, appId: 'B20001' };
  assert.equal((await ask('grants.save', { grantId: 'grt_1', document: other })).body.code, 'GRANT_FIXED');
  assert.equal((await sec.call('PUT', '/grants/grt_1', other)).body.code, 'GRANT_FIXED');
  assert.equal((await sec.call('PUT', '/grants/grt_1', { ...grant, revision: 1, expiresAt: 4_000_000_000_000 })).status, 200);
  const asked = (adapterId: string) => ask('adapters.save', { adapterId, document: adapter({ credential: 'his-key' }) });
  assert.equal((await asked('adp_other')).body.code, 'DOCUMENT_ID_DIFFERS');
  for (const adapterId of ['A'.repeat(5000), 'adp_\u202eevil\u0007']) assert.equal((await asked(adapterId)).body.code, 'REQUEST_INPUT');
  assert.equal((await ask('grants.save', { grantId: 'grt_2', document: grant })).body.code, 'DOCUMENT_ID_DIFFERS');
});

test('a reason is one plain line', async (t) => {
  const { running, ask } = await start();
  t.after(running.stop);
  for (const reason of ['a\u202eb', 'ok)\nreq_x (sec: approved)', 'ok\u200b', 'a\u200f', '\u{e0041}'])
    assert.equal(
      (await ask('grants.save', { grantId: 'grt_1', document: grant }, reason)).body.code,
      'INPUT_INVALID',
      JSON.stringify(reason),
    );
});

test('of two who decide at once one decides, and the act runs once', async (t) => {
  const all = await start();
  const { running, sec, decide } = all;
  t.after(running.stop);
  const requestId = await openGrant(all);
  const other = await running.person('sec2', ['security-admin']);
  const answers = await Promise.all([decide(sec, requestId), decide(other, requestId), decide(sec, requestId)]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 422, 422]);
  const { items } = (await sec.call('GET', '/grants')).body as { items: { revision: number }[] };
  assert.deepEqual(
    items.map(({ revision }) => revision),
    [1],
  );
});
