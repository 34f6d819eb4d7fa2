/** The page of gateways: an operator drains a process while a call runs in it, watches until it has ended, and returns it to service. */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { after, before } from 'node:test';
import type { Locator, Page } from '@playwright/test';
import { until, type Reply } from '../support/city.ts';
import { busInterface } from '../support/platform-api.ts';
import { expect, noBrowser, startConsole, type Console } from './browser.ts';

const LIMIT = { skip: noBrowser, timeout: 300_000 };
const PICTURES = process.env['KQ_PICTURES'];
const PATH = '/bus/test/slow';

let console: Console;
let service: Server;
let isHeld = false;
const held: ServerResponse[] = [];

before(async () => {
  if (noBrowser !== false) return;
  service = createServer((_request, response) => void (isHeld ? held.push(response) : response.end('{}')));
  await once(service.listen(0, '127.0.0.1'), 'listening');
  console = await startConsole();
  const { city } = console;
  const { port } = service.address() as AddressInfo;
  const interfaceId = 'ifc_slow_upstream';
  const offered = busInterface('flw_none', {
    ...{ interfaceId, path: PATH, method: 'GET', timeoutMs: 60_000 },
    target: { kind: 'upstream', groups: [{ name: 'v1', instances: [{ address: `http://127.0.0.1:${port}`, weight: 1 }] }] },
  });
  await city.admin('PUT', `/interfaces/${interfaceId}`, offered);
  const security = await city.person(['security-admin']);
  await security.call('PUT', '/grants/grt_slow', { grantId: 'grt_slow', revision: 0, appId: 'B20001', interfaceId });
  await until('it is served', async () => (await call()).status === 200);
});
after(async () => {
  if (noBrowser !== false) return;
  await console.close();
  service.closeAllConnections();
  service.close();
});

function call(): Promise<Reply> {
  const { city } = console;
  return city.send(`${city.bus}${PATH}`, { headers: { authorization: `Bearer ${city.busToken}` } });
}

function rowOf(page: Page, address: string): Locator {
  return page.getByRole('table').first().getByRole('row').filter({ hasText: address });
}

test('an operator drains a gateway process, watches its last call end, and returns it to service', LIMIT, async () => {
  const page = await console.open({ path: '/gateways', roles: ['operator'] });
  const row = rowOf(page, console.city.bus);
  await expect(row).toContainText('就绪');
  isHeld = true;
  const running = call();
  await until('the call runs', async () => held.length === 1);

  await row.getByRole('button', { name: /^排空/ }).click();
  const dialog = page.getByRole('dialog', { name: /^排空/ });
  await expect(dialog).toContainText('/readyz 改答 503');
  await expect(dialog.getByRole('alert')).toContainText('最后一个就绪的进程');
  await dialog.getByRole('button', { name: '排空', exact: true }).click();
  await expect(dialog.getByText('请填写理由。')).toBeVisible();
  await dialog.getByRole('textbox', { name: /理由/ }).fill('更换硬盘');
  await picture(page, 'drain-dialog');
  await dialog.getByRole('button', { name: '排空', exact: true }).click();
  await expect(row).toContainText('排空中，还有 1 个请求');
  await picture(page, 'draining');

  isHeld = false;
  held.pop()!.end('{}');
  const { status, headers } = await running;
  expect([status, headers['connection']]).toEqual([200, 'close']);
  await expect(row).toContainText('已排空');
  await expect(page.getByText('开始排空：不再就绪，处理完已有请求').first()).toBeVisible();

  await row.getByRole('button', { name: /^恢复服务/ }).click();
  const back = page.getByRole('dialog', { name: /^恢复服务/ });
  await back.getByRole('textbox', { name: /理由/ }).fill('硬盘已更换');
  await back.getByRole('button', { name: '恢复服务', exact: true }).click();
  await expect(row).toContainText('就绪');
});

test('the same in English, and a viewer sees the state without the button', LIMIT, async () => {
  const page = await console.open({ path: '/gateways', roles: ['operator'], language: 'en' });
  const row = rowOf(page, console.city.open);
  await row.getByRole('button', { name: /^Drain/ }).click();
  const dialog = page.getByRole('dialog', { name: /^Drain/ });
  await expect(dialog.getByRole('alert')).toContainText('the last ready process');
  await dialog.getByRole('textbox', { name: /Reason/ }).fill('A new disk');
  await picture(page, 'drain-dialog-en');
  await dialog.getByRole('button', { name: 'Drain', exact: true }).click();
  await expect(row).toContainText('Drained');
  const viewer = await console.open({ path: '/gateways', roles: ['viewer'], language: 'en' });
  await expect(rowOf(viewer, console.city.open)).toContainText('Drained');
  await expect(viewer.getByRole('button', { name: /Return .* to service/ })).toHaveCount(0);
  await picture(page, 'drained-en');
  await row.getByRole('button', { name: /^Return/ }).click();
  const back = page.getByRole('dialog', { name: /^Return/ });
  await back.getByRole('textbox', { name: /Reason/ }).fill('The disk is in');
  await back.getByRole('button', { name: 'Return to service', exact: true }).click();
  await expect(row).toContainText('Ready');
});

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });
}
