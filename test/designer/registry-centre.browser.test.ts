/** An analyst takes the instances of an interface from a registry centre, and sees what it says and since when it is away. */
import test, { after, before } from 'node:test';
import type { Page } from '@playwright/test';
import { startRegistry } from '../nodes/registry-centre/registry.ts';
import { expect, noBrowser, startConsole, type Console } from './browser.ts';

const LIMIT = { skip: noBrowser, timeout: 300_000 };
const PICTURES = process.env['KQ_PICTURES'];
const ends: (() => unknown)[] = [];

let console: Console;
let isAway = false;

before(async () => {
  if (noBrowser !== false) return;
  console = await startConsole();
  const { address } = await startRegistry({ after: (end) => void ends.push(end as () => unknown) }, (_asked, response) => {
    if (isAway) return void (response.writeHead(500), response.end());
    return ['10.77.0.1', '10.77.0.2'].map((ip) => ({
      ...{ Node: { Address: ip }, Service: { Address: ip, Port: 8080, Tags: ['2.1.0'], Weights: { Passing: 3 } } },
    }));
  });
  await console.city.admin('PUT', '/adapters/adp_consul', {
    ...{
      adapterId: 'adp_consul',
      revision: 0,
      name: { 'zh-CN': '院内 Consul', en: 'Consul' },
      protocol: 'registry-centre',
      owner: '信息科',
    },
    ...{ domain: 'sh-city', environments: { DEV: { kind: 'consul', addresses: [address] } } },
  });
  await console.city.admin('PUT', '/interfaces/ifc_registry', {
    ...{ interfaceId: 'ifc_registry', revision: 0, name: { 'zh-CN': '检验', en: 'Lab' }, domain: 'sh-city', front: 'bus', method: 'GET' },
    ...{ path: '/bus/v1/lis', state: 'online', timeoutMs: 1000, timeoutRetries: 0, exceptionRetries: 0, log: 'none' },
    target: { kind: 'upstream', groups: [{ name: 'main', source: { adapterId: 'adp_consul', service: 'lis' } }] },
  });
});
after(async () => {
  if (noBrowser === false) await console.close();
  for (const end of ends) await end();
});

test('the page of the interface shows the list, then since when the registry centre is away', LIMIT, async () => {
  const page = await console.open({ path: '/interfaces/ifc_registry', roles: ['analyst'] });
  const panel = page.getByRole('region', { name: 'lis' });
  await expect(panel).toContainText('http://10.77.0.1:8080');
  await expect(panel).toContainText('正常');
  await expect(page.getByText('从注册中心取得', { exact: true })).toBeVisible();
  await picture(page, 'registry-interface');
  isAway = true;
  await expect(panel).toContainText('没有可用名单', { timeout: 60_000 });
  await expect(panel).toContainText('http://10.77.0.2:8080');
  await picture(page, 'registry-away');
  const english = await console.open({ path: '/interfaces/ifc_registry', roles: ['viewer'], language: 'en' });
  await expect(english.getByRole('region', { name: 'lis' })).toContainText('The last good list stays in use.');
  await picture(english, 'registry-away-en');
});

test('the adapter is made with the form of its kind', LIMIT, async () => {
  isAway = true;
  const page = await console.open({ path: '/adapters/adp_consul', roles: ['analyst'] });
  await page.getByRole('button', { name: '测试连接' }).click();
  await expect(page.getByText('失败', { exact: true })).toBeVisible();
  await picture(page, 'registry-adapter');
});

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });
}
