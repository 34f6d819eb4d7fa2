/** A night on call: an alarm says that an interface refuses its callers. What an operator finds from there, and on the pages about it. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import test, { after, before } from 'node:test';
import type { Page } from '@playwright/test';
import { CITY_APP, CITY_KEY_ID } from '../../examples/city/load-city.ts';
import { createSigningClient } from '../../sdk/public.ts';
import { booking, until } from '../support/city.ts';
import { busInterface, chainFlow } from '../support/platform-api.ts';
import { expect, noBrowser, startConsole, type Console } from './browser.ts';

const LIMIT = { skip: noBrowser, timeout: 300_000 };
const PICTURES = process.env['KQ_PICTURES'];
const REFUSED = 24;
/** The platform looks for problems every 15 seconds. */
const LOOK_MS = 60_000;

let console: Console;

before(async () => {
  if (noBrowser !== false) return;
  console = await startConsole();
  const { city } = console;
  await city.app.fetch('/open/v1/appointments', { body: booking('A'), idempotencyKey: 'well' });
  await city.send(`${city.open}/open/v1/nothing-here`);
  // A key that is not the registered one.
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'SM2' });
  const wrong = createSigningClient({
    ...{ baseUrl: city.open, appId: CITY_APP, keyId: CITY_KEY_ID, scheme: 'SM2-SM3', ca: console.ca, platformKeys: {} },
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  });
  for (let index = 0; index < REFUSED; index += 1)
    await wrong.fetch('/open/v1/appointments', { body: booking('A') }).catch(() => undefined);
  // Those of an internal system without a grant name the app.
  const headers = { authorization: `Bearer ${city.busToken}`, 'content-type': 'application/json' };
  const path = await offerOnBus();
  await until(
    'the bus knows it',
    async () => (await city.send(`${city.bus}${path}`, { method: 'POST', headers, body: '{}' })).status === 403,
  );
  for (let index = 0; index < REFUSED; index += 1) await city.send(`${city.bus}${path}`, { method: 'POST', headers, body: '{}' });
  await attack();
});
after(() => (noBrowser === false ? console.close() : undefined));

test('from the alarm, two clicks lead to why the calls of one app are refused', LIMIT, async () => {
  const page = await console.open({ path: '/alarms', roles: ['operator'] });
  const row = page.getByRole('row').filter({ hasText: '大量调用被拒' }).filter({ hasText: '检验报告上报' });
  await expect(row).toContainText('GW40301（应用 B20001）', { timeout: LOOK_MS });
  await picture(page, 'alarm');
  let clicks = 0;
  const click = async (target: ReturnType<Page['locator']>) => {
    clicks += 1;
    await target.click();
  };
  await click(row.getByRole('link', { name: '查看' }));
  await expect(page).toHaveURL(/\/calls\?interface=ifc_lab_upload&app=B20001&outcome=refused/);
  const first = page.getByRole('row').filter({ hasText: '区平台' }).first();
  await expect(first).toContainText('应用没有该接口的授权，或授权已过期');
  await picture(page, 'refused');
  await click(first.locator('td').first());
  const drawer = page.getByRole('dialog', { name: '一次调用' });
  await expect(drawer.locator('[data-decision="grant"]')).toContainText('由策略“接口授权”决定，阶段：授权');
  await expect(drawer.locator('[data-decision="grant"]')).toContainText('申请授权');
  await picture(page, 'refused-call');
  assert.ok(clicks <= 3);
  // The address of what is open can be sent to a colleague.
  const colleague = await console.open({ path: new URL(page.url()).pathname + new URL(page.url()).search, roles: ['viewer'] });
  await expect(colleague.getByRole('dialog', { name: '一次调用' }).locator('[data-decision="grant"]')).toBeVisible();
});

test('calls are found by their values; their bodies are read with a reason; a call leads to its message and back', LIMIT, async () => {
  const page = await console.open({ path: '/calls', roles: ['operator', 'analyst'] });
  const rows = page.locator('tbody tr[tabindex]');
  await expect(rows.first()).toBeVisible();
  await expect(page.getByText(/\d+ 个网关进程已应答/)).toBeVisible();
  await expect(page.getByText('没有匹配的接口').first()).toBeVisible();
  await picture(page, 'calls');
  await page.goto('/calls?outcome=passed&interface=ifc_appointment_create');
  await expect(rows.filter({ hasText: '成功 201' }).first()).toBeVisible();
  await rows.first().click();
  const drawer = page.getByRole('dialog', { name: '一次调用' });
  await drawer.getByRole('button', { name: '查看报文' }).click();
  const asked = page.getByRole('dialog', { name: '查看报文' });
  await asked.getByRole('textbox', { name: /理由/ }).fill('查');
  await asked.getByRole('button', { name: '查看报文' }).click();
  await expect(asked.getByText('至少 5 个字')).toBeVisible();
  await asked.getByRole('textbox', { name: /理由/ }).fill('市民投诉挂号没有成功');
  await asked.getByRole('button', { name: '查看报文' }).click();
  await expect(drawer.getByText('hospital').first()).toBeVisible();
  await picture(page, 'bodies');
  await drawer.getByRole('link', { name: '看流程消息' }).click();
  await page.locator('tbody tr[tabindex]').first().click();
  await page
    .getByRole('row', { name: /网关调用/ })
    .getByRole('link')
    .click();
  await expect(page).toHaveURL(/\/calls\?trace=/);
  await expect(rows).toHaveCount(1);
  await page.goto('/calls?trace=no');
  await expect(page.getByText('追踪号至少填前 8 位')).toBeVisible();
  const wish = { outcome: 'passed', interfaceId: 'ifc_appointment_create' };
  const { items } = (await console.city.admin('POST', '/calls/search', wish)) as {
    readonly items: readonly { readonly traceId: string }[];
  };
  const { traceId } = items[0]!;
  await page.goto(`/calls?trace=${traceId.slice(0, 12)}`);
  await expect(rows).toHaveCount(1);
  await page.keyboard.press('ControlOrMeta+k');
  await page.getByRole('combobox', { name: /追踪号/ }).fill(traceId.slice(0, 16));
  await picture(page, 'palette');
  await page.keyboard.press('Enter');
  await expect(drawer.getByText(traceId)).toBeVisible();
});

test('calls with a wrong signature are found by the app that they claim', LIMIT, async () => {
  const page = await console.open({ path: `/calls?app=${CITY_APP}&outcome=refused`, roles: ['operator'] });
  await expect(page.getByRole('row').filter({ hasText: '随申办（未证实）' }).first()).toContainText('GW40103');
  await picture(page, 'claimed');
});

test('the simulator says in the order of the stages what each policy would do', LIMIT, async () => {
  const page = await console.open({ path: '/interfaces/ifc_lab_upload', roles: ['operator'] });
  await page.getByRole('button', { name: '模拟请求' }).click();
  await page.getByRole('button', { name: '模拟', exact: true }).click();
  await expect(page.locator('[data-outcome="refuses"]')).toBeVisible();
  await picture(page, 'simulated-refused');
  await page.goto('/calls/simulate?interface=ifc_appointment_create');
  await page.getByRole('button', { name: '模拟', exact: true }).click();
  await expect(page.locator('[data-outcome="passes"]')).toContainText('会到达目标');
  await expect(page.locator('[data-verdict="skipped"]').filter({ has: page.getByText('签名验证', { exact: true }) })).toContainText(
    '已假定',
  );
  await picture(page, 'simulated');
  await page.getByLabel('请求体').fill('{"hospital":7}');
  await expect(page.getByText('请求改过了')).toBeVisible();
  await page.getByRole('button', { name: '模拟', exact: true }).click();
  await expect(page.locator('[data-verdict="refuses"]')).toContainText('请求校验');
  await picture(page, 'simulated-schema');
});

test('the page of gateways shows plan and load of each node, and leads to its calls', LIMIT, async () => {
  const page = await console.open({ path: '/gateways', roles: ['operator'] });
  const row = page.getByRole('row').filter({ hasText: '开放网关' });
  await expect(row.getByText(/最新/)).toBeVisible();
  const change = page.getByRole('row').filter({ hasText: '请求内容疑似攻击' });
  await expect(change).toContainText('检验备注');
  await picture(page, 'gateways');
  await row.getByRole('link').click();
  await expect(page).toHaveURL(/\/calls\?front=open/);
  await page.goBack();
  await change.getByRole('link', { name: '前后的调用' }).click();
  await page.getByRole('row').filter({ hasText: 'GW40305' }).first().locator('td').first().click();
  await expect(page.getByRole('dialog', { name: '一次调用' }).getByRole('listitem')).toContainText('body:/note');
  await picture(page, 'attack');
});

test('a call over a quota names it and leads to its setting, and the simulator says that the quota is used up', LIMIT, async () => {
  await useUpQuota();
  const page = await console.open({ path: '/calls?code=GW42902', roles: ['operator', 'analyst'] });
  await page.locator('tbody tr[tabindex]').first().locator('td').first().click();
  const setting = page.getByRole('dialog', { name: '一次调用' }).locator('[data-setting="policy"]');
  await expect(setting).toContainText('应用 · 每日 配额已用完，上限 1');
  await picture(page, 'over-quota');
  await setting.getByRole('link').click();
  await expect(page).toHaveURL(/ifc_lab_quota\?policy=quota/);
  await expect(page.locator('[data-policy="quota"] button[aria-expanded="true"]')).toBeInViewport();
  await page.goto('/calls/simulate?interface=ifc_lab_quota&app=B20001');
  await page.getByRole('button', { name: '模拟', exact: true }).click();
  await expect(page.locator('[data-verdict="refuses"]')).toContainText('今日的请求配额（1 次）已用完');
  await picture(page, 'simulated-quota');
});

async function useUpQuota(): Promise<void> {
  const { city } = console;
  const policies = { quota: { quotas: [{ by: 'app', period: 'day', limit: 1 }] } };
  const name = { 'zh-CN': '检验配额', en: 'Lab quota' };
  const offered = busInterface('flw_lab_upload', { ...{ interfaceId: 'ifc_lab_quota', path: '/bus/test/quota', name }, policies });
  await city.admin('PUT', `/interfaces/${offered.interfaceId}`, offered);
  const grant = { grantId: 'grt_lab_quota', revision: 0, appId: 'B20001', interfaceId: offered.interfaceId };
  assert.equal((await (await city.person(['security-admin'])).call('PUT', `/grants/${grant.grantId}`, grant)).status, 200);
  const headers = { authorization: `Bearer ${city.busToken}`, 'content-type': 'application/json' };
  await until('the quota is used up', async () =>
    (await city.send(`${city.bus}${offered.path}`, { method: 'POST', headers, body: '{}' })).text.includes('GW42902'),
  );
}

/** An interface whose guard finds an attack in a body; a change of state that the console shows. */
async function attack(): Promise<void> {
  const { city } = console;
  const offered = busInterface('flw_lab_upload', {
    ...{ interfaceId: 'ifc_lab_notes', path: '/bus/test/notes', name: { 'zh-CN': '检验备注', en: 'Lab notes' }, policies: { xss: {} } },
  });
  await city.admin('PUT', `/interfaces/${offered.interfaceId}`, offered);
  const grant = { grantId: 'grt_lab_notes', revision: 0, appId: 'B20001', interfaceId: offered.interfaceId };
  const security = await city.person(['security-admin']);
  assert.equal((await security.call('PUT', `/grants/${grant.grantId}`, grant)).status, 200);
  const headers = { authorization: `Bearer ${city.busToken}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ note: '<img src=x onerror=alert(1)>' });
  await until('the guard blocks it', async () =>
    (await city.send(`${city.bus}${offered.path}`, { method: 'POST', headers, body })).text.includes('GW40305'),
  );
}

async function offerOnBus(): Promise<string> {
  const { city } = console;
  const name = { 'zh-CN': '检验报告上报', en: 'Lab reports' };
  const flow = chainFlow('flw_lab_upload', [], { name });
  await city.admin('PUT', `/flows/${flow.flowId}`, flow);
  await city.admin('POST', `/flows/${flow.flowId}/publish`, {});
  const offered = busInterface(flow.flowId, { name });
  await city.admin('PUT', `/interfaces/${offered.interfaceId}`, offered);
  return offered.path;
}

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  for (const width of [1280, 1920]) {
    await page.setViewportSize({ width, height: 1000 });
    await page.screenshot({ path: `${PICTURES}/${name}-${width}.png` });
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}
