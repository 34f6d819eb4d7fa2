/** A night on call: a hospital stops answering, and the console says which, why, and what waits because of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from '@playwright/test';
import { adapterTo, startHospital } from '../control/start-engine.ts';
import { until } from '../support/city.ts';
import { busInterface, chainFlow } from '../support/platform-api.ts';
import { expect, noBrowser, startConsole } from './browser.ts';

const PICTURES = process.env['KQ_PICTURES'];
const ONCE = { retry: { max: 0, baseMs: 1, factor: 1, capMs: 1, on: ['transient' as const] } };
/** Calls wait for their next attempt as long as the hospital is down. */
const PATIENT = { retry: { max: 100, baseMs: 1_000, factor: 1, capMs: 1_000, on: ['transient' as const] } };
const feed = chainFlow(
  'flw_discharge',
  [
    {
      ...{ type: 'http.call@1', id: 'n_send', label: '送丁医院', adapter: 'adp_his' },
      ...{ config: { method: 'POST', path: '/summaries' }, handling: ONCE },
    },
  ],
  { name: { 'zh-CN': '出院小结上报', en: 'Discharge summaries' }, mode: 'durable', deadlineMs: 60_000 },
);

test(
  'a hospital that stops answering stands first on the overview, and on its own page with a chart',
  { skip: noBrowser, timeout: 300_000 },
  async (t) => {
    const { city, open } = await startConsole(t);
    const hospital = await startHospital();
    t.after(() => hospital.stop());
    const adapter = { ...adapterTo(hospital), owner: '信息科 010-8000', limits: { timeoutMs: 500 } };
    await city.admin('PUT', '/adapters/adp_his', { ...adapter, environments: { DEV: { baseUrl: hospital.baseUrl } } });
    await city.admin('PUT', '/adapters/adp_a', { ...adapter, adapterId: 'adp_a', environments: {} });
    await city.admin('PUT', `/flows/${feed.flowId}`, feed);
    await city.admin('POST', `/flows/${feed.flowId}/publish`, {});
    const offered = busInterface(feed.flowId);
    await city.admin('PUT', `/interfaces/${offered.interfaceId}`, offered);
    const security = await city.person(['security-admin']);
    const grant = { grantId: 'grt_discharge', revision: 0, appId: 'B20001', interfaceId: offered.interfaceId };
    assert.equal((await security.call('PUT', '/grants/grt_discharge', grant)).status, 200);
    const headers = { authorization: `Bearer ${city.busToken}`, 'content-type': 'application/json' };
    const send = () =>
      until('the bus takes it', async () => {
        const { status } = await city.send(`${city.bus}${offered.path}`, { method: 'POST', headers, body: '{}' });
        return status < 400;
      });

    const page = await open({ path: '/adapters', roles: ['operator', 'viewer', 'analyst'] });
    const row = page.getByRole('row', { name: /adp_his/ });
    await expect(row.getByText('无调用')).toBeVisible();
    await send();
    await expect(row.getByText('正常')).toBeVisible();

    hospital.answer = () => 'silence';
    for (let message = 0; message < 4; message += 1) await send();
    await expect(row.getByText('调用失败')).toBeVisible();
    await expect(page.getByRole('row').nth(1)).toContainText('adp_his');
    await expect(row.getByText('发出后没有收到结果')).toBeVisible();
    await picture(page, 'adapters');

    await page.goto('/overview');
    const first = page.locator('[data-attention]').first();
    await expect(first).toContainText('医院甲');
    await expect(first).toContainText('发出后没有收到结果');
    await expect(first).toContainText('信息科 010-8000');
    await expect(first.getByRole('link', { name: '挂起 4 条' })).toBeVisible();
    await picture(page, 'overview');
    await first.getByRole('link', { name: '医院甲' }).click();
    await expect(page.getByRole('heading', { name: '调用情况' })).toBeVisible();
    await expect(page.getByText(/连续 4 次尝试失败/)).toBeVisible();
    await expect(page.getByRole('img', { name: /调用图/ })).toBeVisible();
    await picture(page, 'adapter');
    const held = { name: '挂起 4 条' };
    await expect(page.getByRole('link', held)).toHaveAttribute('href', '/messages?adapter=adp_his&status=held');
    const panel = (name: string) => page.locator('section', { has: page.getByRole('heading', { name }) }).last();
    await expect(panel('受影响的接口').getByRole('link')).toHaveAttribute('href', `/interfaces/${offered.interfaceId}`);
    await expect(panel('受影响的调用方').getByRole('link')).toHaveAttribute('href', '/callers/B20001');
    // Its calls were accepted, all of them: that alone says nothing of what became of their messages.
    await page.goto(`/interfaces/${offered.interfaceId}`);
    await expect(page.getByRole('link', held)).toHaveAttribute('href', `/messages?flow=${feed.flowId}&status=held`);
    await expect(page.getByText('正常', { exact: true })).toHaveCount(0);
    await picture(page, 'interface');
    await page.goto('/interfaces');
    await expect(page.getByRole('row').nth(1).getByRole('link', held)).toBeVisible();
    await picture(page, 'interfaces');
    await page.goto('/overview');
    await page.locator('[data-attention]').first().getByRole('link', { name: '挂起 4 条' }).click();
    await expect(page.getByRole('row')).toHaveCount(5);
  },
);

test(
  'calls that wait for their retry are failed calls on the page of the adapter, each once, and their attempts are told apart',
  { skip: noBrowser, timeout: 300_000 },
  async (t) => {
    const { city, open } = await startConsole(t);
    const hospital = await startHospital();
    t.after(() => hospital.stop());
    hospital.answer = () => 'silence';
    const adapter = { ...adapterTo(hospital), limits: { timeoutMs: 500 } };
    await city.admin('PUT', '/adapters/adp_his', { ...adapter, environments: { DEV: { baseUrl: hospital.baseUrl } } });
    const ask = { type: 'http.call@1', id: 'n_ask', adapter: 'adp_his', config: { method: 'GET', path: '/beds' }, handling: PATIENT };
    const flow = chainFlow('flw_beds', [ask], { mode: 'durable', deadlineMs: 60_000 });
    await city.admin('PUT', `/flows/${flow.flowId}`, flow);
    await city.admin('POST', `/flows/${flow.flowId}/publish`, {});
    const offered = busInterface(flow.flowId);
    await city.admin('PUT', `/interfaces/${offered.interfaceId}`, offered);
    const security = await city.person(['security-admin']);
    const grant = { grantId: 'grt_beds', revision: 0, appId: 'B20001', interfaceId: offered.interfaceId };
    assert.equal((await security.call('PUT', '/grants/grt_beds', grant)).status, 200);
    const headers = { authorization: `Bearer ${city.busToken}`, 'content-type': 'application/json' };
    await until('the bus takes it', async () => {
      const { status } = await city.send(`${city.bus}${offered.path}`, { method: 'POST', headers, body: '{}' });
      return status < 400;
    });
    const page = await open({ path: '/adapters/adp_his', roles: ['operator', 'viewer', 'analyst'] });
    await expect(page.getByText(/连续 ([3-9]|\d\d) 次尝试失败（含重试）/)).toBeVisible();
    await expect(page.getByText('1 次，失败 1，被拒 0')).toBeVisible();
    await expect(page.getByText(/^失败 \d+ 次（含重试）$/)).toBeVisible();
    await expect(page.getByRole('img', { name: /调用 1 次，失败 1 次/ })).toBeVisible();
    await picture(page, 'waiting');
  },
);

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  for (const width of [1280, 1920]) {
    await page.setViewportSize({ width, height: 1000 });
    await page.screenshot({ path: `${PICTURES}/${name}-${width}.png` });
  }
}
