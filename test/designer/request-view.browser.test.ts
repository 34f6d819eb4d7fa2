/** What the person who decides sees of a request: upstreams, the current grant, more than one page of requests, and limits of other domains. */
import { randomUUID } from 'node:crypto';
import test, { after, before } from 'node:test';
import type { Page } from '@playwright/test';
import type { GrantDocument } from '../../gateways/documents/caller-documents.ts';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { chainFlow } from '../support/platform-api.ts';
import { type Console, expect, noBrowser, startConsole } from './browser.ts';

const LIMIT = { skip: noBrowser, timeout: 240_000 };
const PICTURES = process.env['KQ_PICTURES'];
const OTHER = 'eye-clinic';

let console: Console;

before(async () => {
  if (noBrowser === false) console = await startConsole();
});
after(() => (noBrowser === false ? console.close() : undefined));

test('a new interface to a service tells its instances and every field of it in words', LIMIT, async () => {
  const document = {
    ...{
      interfaceId: 'ifc_orders',
      revision: 0,
      name: { 'zh-CN': '医嘱查询', en: 'Orders' },
      domain: 'sh-city',
      front: 'bus',
      method: 'GET',
    },
    ...{ path: '/bus/v1/orders', state: 'online', dataClass: 'sensitive', timeoutMs: 5000, timeoutRetries: 1, exceptionRetries: 0 },
    ...{ target: { kind: 'upstream', instances: ['https://orders-1.internal:8443', 'https://orders-2.internal:8443'] }, log: 'none' },
  };
  await asked(['operator'], 'interfaces.save', { interfaceId: 'ifc_orders', document }, '医嘱系统接入');
  const page = await console.open({ path: '/requests', roles: ['analyst'] });
  await page.getByRole('row', { name: /医嘱系统接入/ }).click();
  const drawer = page.getByRole('dialog');
  await drawer.getByText('https://orders-2.internal:8443').first().waitFor();
  await drawer.getByRole('row', { name: /数据级别.*敏感/ }).waitFor();
  await drawer.getByRole('row', { name: /目标 › 种类.*后端实例/ }).waitFor();
  await drawer.getByRole('row', { name: /单次超时.*5\.0 秒/ }).waitFor();
  await expect(drawer.getByText(/dataClass|timeoutMs/)).toHaveCount(0);
  await pictures(page, 'request-upstream zh');
  const english = await console.open({ path: '/requests', roles: ['analyst'], language: 'en' });
  await english.getByRole('row', { name: /医嘱系统接入/ }).click();
  await english.getByRole('row', { name: /Data class.*Sensitive/ }).waitFor();
  await pictures(english, 'request-upstream en');
});

test('a grant that is asked to end later is shown beside what it is now', LIMIT, async () => {
  const { items } = (await console.city.admin('GET', '/grants')) as { items: readonly GrantDocument[] };
  const [grant] = items;
  const { grantId, appId, interfaceId, revision } = grant!;
  const document = { grantId, appId, interfaceId, revision, expiresAt: new Date(2031, 5, 15, 12).getTime() };
  await asked(['analyst'], 'grants.save', { grantId, document }, '合同续签');
  for (const language of ['zh-CN', 'en'] as const) {
    const page = await console.open({ path: '/requests', roles: ['security-admin'], language });
    await page.getByRole('row', { name: /合同续签/ }).click();
    const change = page.getByRole('dialog').getByRole('row', { name: language === 'en' ? /^Ends/ : /^到期时间/ });
    await expect(change).toContainText('2031-06-15 12:00:00');
    await pictures(page, `request-grant ${language}`);
  }
});

test('who may publish, but not past an interface of another domain, asks where it is refused', LIMIT, async () => {
  const flowId = await saved('sh-city');
  const offered: Partial<InterfaceDocument> = {
    ...{
      interfaceId: `ifc_${flowId}`,
      revision: 0,
      name: { 'zh-CN': '眼科查询', en: 'Eye clinic' },
      domain: OTHER,
      front: 'bus',
      method: 'POST',
    },
    ...{ path: `/bus/v1/${flowId}`, state: 'offline', target: { kind: 'flow', flowId }, timeoutMs: 5000, timeoutRetries: 0 },
    ...{ exceptionRetries: 0, log: 'none' },
  };
  await console.city.admin('PUT', `/interfaces/ifc_${flowId}`, offered);
  const page = await console.open({ path: `/flows/${flowId}?panel=release`, roles: ['analyst'], domains: ['sh-city'] });
  await page.getByRole('complementary', { name: '侧栏' }).getByRole('button', { name: '发布', exact: true }).click();
  await page.getByText('有您服务域以外的接口指向此流程').waitFor();
  await page.getByText('由拥有相应服务域的发布者办理，您可以申请').waitFor();
  await pictures(page, 'wall zh');
  await page.getByRole('button', { name: '申请发布' }).click();
  const dialog = page.getByRole('dialog').filter({ hasText: '提交申请' });
  await dialog.getByRole('textbox', { name: /理由/ }).pressSequentially('眼科也在用', { delay: 30 });
  await dialog.getByRole('button', { name: '提交申请' }).click();
  await page.getByText(/^已申请 · /).waitFor();
  const english = await console.open({
    ...{ path: `/flows/${flowId}?panel=release`, roles: ['analyst'], domains: ['sh-city'], language: 'en' as const },
  });
  await english.getByRole('complementary').last().getByRole('button', { name: 'Publish', exact: true }).click();
  await english.getByRole('button', { name: 'Request publishing' }).waitFor();
  await pictures(english, 'wall en');
  const versions = async () => ((await console.city.admin('GET', `/flows/${flowId}/versions`)) as { items: unknown[] }).items.length;
  const decider = await console.open({ path: '/requests', roles: ['analyst'] });
  await decider.getByRole('row', { name: /眼科也在用/ }).click();
  await decider.getByRole('button', { name: '同意并执行' }).click();
  const confirm = decider.getByRole('dialog').filter({ hasText: '将以您的名义执行' });
  await confirm.getByRole('textbox', { name: /理由/ }).pressSequentially('已核对', { delay: 30 });
  await confirm.getByRole('button', { name: '同意并执行' }).click();
  await expect.poll(versions).toBe(1);
});

// The last one: its requests fill the first page.
test('all requests are counted, searched and filtered, and a decided one is found again', LIMIT, async () => {
  const flows = await Promise.all(Array.from({ length: 18 }, () => saved('sh-city')));
  for (const who of [0, 1, 2]) {
    const { call } = await console.city.person(['viewer']);
    for (const [number, flowId] of flows.entries())
      await call('POST', '/requests', { action: 'flows.publish', input: { flowId, revision: 1 }, reason: `第 ${who}-${number} 项` });
  }
  await asked(['viewer'], 'flows.publish', { flowId: flows[0]!, revision: 1 }, `很长的理由${'，请尽快核对'.repeat(40)}`);
  const page = await console.open({ path: '/requests', roles: ['analyst'] });
  await page.getByText(/^共 (5[5-9]|[6-9]\d) 条$/).waitFor();
  const search = page.getByRole('search', { name: '申请' }).getByRole('textbox').first();
  await search.pressSequentially('很长的理由', { delay: 30 });
  const long = page.getByRole('row', { name: /很长的理由/ });
  await expect(long.getByText('待决定')).toBeInViewport();
  await pictures(page, 'requests-long');
  await search.fill('');
  await search.pressSequentially('第 2-17 项', { delay: 30 });
  const drawer = page.getByRole('dialog').filter({ hasText: '第 1 次保存的草稿' });
  // The search may still be replacing the rows: a click on one that goes opens nothing.
  await expect(async () => {
    await page.getByRole('row', { name: /第 2-17 项/ }).click({ timeout: 3000 });
    await drawer.waitFor({ timeout: 3000 });
  }).toPass({ timeout: 30_000 });
  await drawer.getByRole('button', { name: '拒绝' }).click();
  const confirm = page.getByRole('dialog').filter({ hasText: '申请人会看到您的理由' });
  await confirm.getByRole('textbox', { name: /理由/ }).pressSequentially('不需要', { delay: 30 });
  await confirm.getByRole('button', { name: '拒绝' }).click();
  await page.getByText(/^已拒绝：发布流程：/).waitFor();
  await page.goto('/requests?side=decided&status=refused');
  await page.getByRole('row', { name: /第 2-17 项/ }).waitFor();
  await page.getByText('共 1 条').waitFor();
  await pictures(page, 'requests-decided');
});

/** As a new account with these roles. */
async function asked(roles: readonly string[], action: string, input: unknown, reason: string): Promise<void> {
  const { call } = await console.city.person(roles);
  const reply = await call('POST', '/requests', { action, input, reason });
  if (reply.status !== 200) throw new Error(reply.text);
}

async function saved(domain: string): Promise<string> {
  const flowId = `flw_view_${randomUUID().slice(0, 8)}`;
  const flow: FlowDocument = chainFlow(flowId, [], { domain });
  await console.city.admin('PUT', `/flows/${flowId}`, flow);
  return flowId;
}

async function pictures(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  for (const width of [1280, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    await page.screenshot({ path: `${PICTURES}/${name} ${width}.png` });
  }
}
