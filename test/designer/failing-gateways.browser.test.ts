/** A day on which a service fails and callers are refused before anyone knows who they are: overview, alarms, and calls say so. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Page } from '@playwright/test';
import { until } from '../support/city.ts';
import { busInterface } from '../support/platform-api.ts';
import { expect, noBrowser, startConsole } from './browser.ts';

const PICTURES = process.env['KQ_PICTURES'];
const INTERFACE = 'ifc_images';
const PATH = '/bus/test/images';

test(
  'a service that fails and a wave of unknown calls are on the overview, with the calls of each gateway, and become alarms',
  { skip: noBrowser, timeout: 300_000 },
  async (t) => {
    let status = 200;
    const service = createServer((_request, response) => void response.writeHead(status).end('{}'));
    await once(service.listen(0, '127.0.0.1'), 'listening');
    t.after(() => service.close());
    const { city, open } = await startConsole(t);
    const { port } = service.address() as AddressInfo;
    const offered = busInterface('flw_none', {
      ...{ interfaceId: INTERFACE, path: PATH, method: 'GET', name: { 'zh-CN': '影像报告查询', en: 'Imaging reports' } },
      target: { kind: 'upstream', groups: [{ name: 'v1', instances: [{ address: `http://127.0.0.1:${port}`, weight: 1 }] }] },
      policies: { breaker: { minimumCalls: 25 } },
    });
    await city.admin('PUT', `/interfaces/${INTERFACE}`, offered);
    const security = await city.person(['security-admin']);
    await security.call('PUT', '/grants/grt_images', { grantId: 'grt_images', revision: 0, appId: 'B20001', interfaceId: INTERFACE });
    const call = async (path: string, token = city.busToken) =>
      (await city.send(`${city.bus}${path}`, { headers: { authorization: `Bearer ${token}` } })).status;
    await until('it is served', async () => (await call(PATH)) === 200);
    status = 500;
    for (let sent = 0; sent < 30; sent += 1) await call(PATH);
    for (let sent = 0; sent < 60; sent += 1) assert.equal(await call('/bus/test/nowhere'), 404);

    const page = await open({ path: '/overview', roles: ['operator', 'viewer', 'analyst'] });
    const failing = page.locator('[data-attention="failing-interfaces"]');
    await expect(failing).toContainText('影像报告查询');
    await expect(failing).toContainText('没有成功');
    await expect(page.locator('[data-attention="conditions"]')).toContainText('熔断，暂停调用');
    const wave = page.locator('[data-attention="waves"]');
    await expect(wave).toContainText('GW40401');
    await expect(wave).toContainText('其中 60 次来自 127.0.0.1');
    const bus = page.getByRole('table', { name: /各网关的调用/ }).getByRole('row', { name: /总线网关/ });
    await expect(bus.getByRole('cell').nth(3)).toHaveText('60');
    await picture(page, 'gateways');
    await failing.getByRole('link', { name: '查看这些调用' }).click();
    await expect(page).toHaveURL(`/calls?interface=${INTERFACE}&outcome=failed`);
    await page.goBack();
    await wave.getByRole('link', { name: '查看这些调用' }).click();
    await expect(page.getByRole('row', { name: /没有匹配的接口/ }).first()).toContainText('接口不存在');
    await picture(page, 'calls');

    await page.goto('/alarms');
    const alarms = page.getByRole('table', { name: '告警' });
    await expect(alarms).toContainText('影像报告查询', { timeout: 30_000 });
    await expect(alarms).toContainText(/总线网关最近五分钟拒绝 60 次调用：没有这个路径的接口（GW40401），其中 60 次来自 127\.0\.0\.1/);
    await expect(alarms).toContainText('熔断', { timeout: 100_000 });
    await picture(page, 'alarms');
    const english = await open({ path: '/alarms', roles: ['operator', 'viewer', 'analyst'], language: 'en' });
    await expect(english.getByRole('table', { name: 'Alarms' })).toContainText('60 of them came from 127.0.0.1');
    await picture(english, 'alarms-en');
    await english.goto('/overview');
    await expect(english.locator('[data-attention="waves"]')).toContainText('60 within five minutes');
    await picture(english, 'gateways-en');
  },
);

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  for (const width of [1280, 1920]) {
    await page.setViewportSize({ width, height: 1000 });
    await page.screenshot({ path: `${PICTURES}/${name}-${width}.png` });
  }
}
