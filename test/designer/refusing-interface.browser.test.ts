/** A night on call: a caller's token is wrong, and the console says which interface refuses its callers, why, and since when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from '@playwright/test';
import { until } from '../support/city.ts';
import { busInterface, chainFlow } from '../support/platform-api.ts';
import { expect, noBrowser, startConsole } from './browser.ts';

const PICTURES = process.env['KQ_PICTURES'];
const CALLS = 12;

test(
  'an interface that refuses its callers is not shown as well: on the overview, in the list, and in its chart',
  { skip: noBrowser, timeout: 300_000 },
  async (t) => {
    const { city, open } = await startConsole(t);
    const flow = chainFlow('flw_lab_upload', [], { name: { 'zh-CN': '检验报告上报', en: 'Lab reports' } });
    await city.admin('PUT', `/flows/${flow.flowId}`, flow);
    await city.admin('POST', `/flows/${flow.flowId}/publish`, {});
    const offered = busInterface(flow.flowId, { name: { 'zh-CN': '检验报告上报', en: 'Lab reports' } });
    await city.admin('PUT', `/interfaces/${offered.interfaceId}`, offered);
    const call = async (token: string) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      return (await city.send(`${city.bus}${offered.path}`, { method: 'POST', headers, body: '{}' })).status;
    };
    // It is there as soon as it refuses for want of a grant.
    await until('the bus knows it', async () => (await call(city.busToken)) === 403);
    for (let index = 0; index < CALLS; index += 1) assert.equal(await call('not-the-token'), 401);

    const page = await open({ path: '/overview', roles: ['operator', 'viewer', 'analyst'] });
    const line = page.locator('[data-attention="interfaces"]');
    await expect(line).toContainText('检验报告上报');
    await expect(line).toContainText('缺少认证信息，或认证信息无法识别 GW40101');
    await picture(page, 'overview');
    await line.getByRole('link', { name: '检验报告上报' }).click();
    await page.waitForURL('**/interfaces/**');
    await expect(page.locator('[data-refusal="GW40101"]')).toContainText(`${CALLS} 次`);
    await expect(page.getByText('大量被拒', { exact: true })).toBeVisible();
    await expect(page.getByRole('img', { name: /失败 0 次，被拒 1\d 次/ })).toBeVisible();
    await picture(page, 'interface');
    await page.goto('/interfaces');
    await expect(page.getByRole('row', { name: new RegExp(offered.path) }).getByText('大量被拒')).toBeVisible();
    await picture(page, 'interfaces');
  },
);

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  for (const width of [1280, 1920]) {
    await page.setViewportSize({ width, height: 1000 });
    await page.screenshot({ path: `${PICTURES}/${name}-${width}.png` });
  }
}
