/** A service behind an interface fails. What an operator sees on the page of the interface, and how they pause its calls. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { after, before } from 'node:test';
import type { Page } from '@playwright/test';
import { until } from '../support/city.ts';
import { busInterface } from '../support/platform-api.ts';
import { expect, noBrowser, startConsole, type Console } from './browser.ts';

const LIMIT = { skip: noBrowser, timeout: 300_000 };
const PICTURES = process.env['KQ_PICTURES'];
const INTERFACE = 'ifc_slots_upstream';
const PATH = '/bus/test/slots';

let console: Console;
let service: Server;
let status = 200;

before(async () => {
  if (noBrowser !== false) return;
  service = createServer((_request, response) => void response.writeHead(status).end('{}'));
  await once(service.listen(0, '127.0.0.1'), 'listening');
  console = await startConsole();
  const { city } = console;
  const { port } = service.address() as AddressInfo;
  const offered = busInterface('flw_none', {
    ...{ interfaceId: INTERFACE, path: PATH, method: 'GET', name: { 'zh-CN': '号源查询', en: 'Free slots' } },
    target: { kind: 'upstream', groups: [{ name: 'v1', instances: [{ address: `http://127.0.0.1:${port}`, weight: 1 }] }] },
    policies: {
      breaker: { minimumCalls: 5 },
      concurrency: { maxConcurrency: 40 },
      'rate-limit': {
        limits: [
          { by: 'interface', limit: 1000, periodMs: 60_000 },
          { by: 'app', limit: 1000, periodMs: 60_000 },
        ],
      },
      quota: { quotas: [{ by: 'interface', period: 'day', limit: 100_000 }] },
      xss: {},
    },
  });
  await city.admin('PUT', `/interfaces/${INTERFACE}`, offered);
  const security = await city.person(['security-admin']);
  await security.call('PUT', '/grants/grt_slots', { grantId: 'grt_slots', revision: 0, appId: 'B20001', interfaceId: INTERFACE });
  await until('it is served', async () => (await call()) === 200);
});
after(async () => {
  if (noBrowser !== false) return;
  await console.close();
  service.close();
});

async function call(): Promise<number> {
  const { city } = console;
  return (await city.send(`${city.bus}${PATH}`, { headers: { authorization: `Bearer ${city.busToken}` } })).status;
}

test('the page of an interface shows limits, instances and what opened the breaker, and pauses calls for a time', LIMIT, async () => {
  status = 500;
  for (let i = 0; i < 8; i += 1) await call();
  status = 200;
  const page = await console.open({ path: `/interfaces/${INTERFACE}`, roles: ['operator'] });
  const panel = page.locator('section').filter({ has: page.getByRole('heading', { name: '负载与保护' }) });
  await expect(panel.locator('[data-breaker]')).toBeVisible();
  await expect(panel.locator('[data-instance]')).toBeVisible();
  await expect(panel.getByText('每 1 分钟 1,000 次').first()).toBeVisible();
  await expect(panel.getByText(/剩余 [\d,]+ 次/).first()).toBeVisible();
  await expect(panel.getByText(/请求体整体读入内存.*XSS 检查/)).toBeVisible();
  const change = panel.getByRole('row').filter({ hasText: '熔断：暂停调用目标' });
  await expect(change.first()).toContainText('失败过多');
  await picture(page, 'load');

  await panel.getByRole('button', { name: '暂停调用…' }).click();
  const dialog = page.getByRole('dialog', { name: '暂停调用' });
  await expect(dialog).toContainText('GW50306');
  await dialog.getByRole('button', { name: '暂停调用', exact: true }).click();
  await expect(dialog.getByText('请填写理由。')).toBeVisible();
  await dialog.getByRole('textbox', { name: /理由/ }).fill('后端升级');
  await picture(page, 'load-dialog');
  await dialog.getByRole('button', { name: '暂停调用', exact: true }).click();
  await expect(panel.locator('[data-breaker="manual-open"]')).toContainText('人工暂停', { timeout: 15_000 });
  await expect(panel.locator('[data-manual="open"]')).toContainText('理由：后端升级', { timeout: 15_000 });
  await until('callers are refused', async () => (await call()) === 503);
  await picture(page, 'load-paused');

  await panel.getByRole('button', { name: '结束人工状态' }).click();
  const end = page.getByRole('dialog', { name: '结束人工状态' });
  await end.getByRole('textbox', { name: /理由/ }).fill('升级完成');
  await end.getByRole('button', { name: '结束人工状态' }).click();
  await expect(panel.locator('[data-manual="over"]')).toContainText('提前结束，理由：升级完成', { timeout: 15_000 });
  await until('calls pass', async () => (await call()) === 200);
  await picture(page, 'load-resumed');
});

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  for (const width of [1280, 1920]) {
    await page.setViewportSize({ width, height: 1400 });
    await page.screenshot({ path: `${PICTURES}/${name}-${width}.png`, fullPage: true });
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}
