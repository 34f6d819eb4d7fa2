/** The page of an adapter: an analyst offers one of its operations to callers of the bus, others see what is offered. */
import test, { after, before } from 'node:test';
import type { Page } from '@playwright/test';
import { expect, noBrowser, startConsole, type Console } from './browser.ts';

const LIMIT = { skip: noBrowser, timeout: 300_000 };
const PICTURES = process.env['KQ_PICTURES'];
const MLLP = 'adp_transport_lab';

let console: Console;

before(async () => {
  if (noBrowser !== false) return;
  console = await startConsole();
  await console.city.admin('PUT', `/adapters/${MLLP}`, {
    ...{ adapterId: MLLP, revision: 0, name: { 'zh-CN': '检验系统', en: 'Laboratory' }, protocol: 'mllp', owner: '', domain: 'sh-city' },
    environments: { DEV: { host: '127.0.0.1', port: 25_999 } },
  });
});
after(() => (noBrowser === false ? console.close() : undefined));

test('an analyst offers an operation on the page of the adapter, and finds its interface there', LIMIT, async () => {
  const page = await console.open({ path: `/adapters/${MLLP}`, roles: ['analyst'] });
  await expect(page.getByText('传输组件 API')).toBeVisible();
  await page.getByRole('button', { name: '开放' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('HL7_AE');
  await picture(page, 'transport-offer');
  await dialog.getByRole('button', { name: '开放' }).click();
  const link = page.getByRole('link', { name: `/bus/v1/transport/hl7/send/${MLLP}` });
  await expect(link).toHaveAttribute('href', '/interfaces/ifc_transport-hl7-send-transport_lab');
  await expect(page.getByRole('button', { name: '开放' })).toHaveCount(0);
  await picture(page, 'transport-offered');
});

test('somebody who only looks sees what is offered, and the documents of the bus front', LIMIT, async () => {
  const page = await console.open({ path: `/adapters/${MLLP}`, roles: ['viewer'], language: 'en' });
  await expect(page.getByRole('link', { name: `/bus/v1/transport/hl7/send/${MLLP}` })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Offer' })).toHaveCount(0);
  await picture(page, 'transport-viewer-en');
  await page.goto(new URL('/api/docs/bus', page.url()).href);
  await expect(page.getByText('Kangqiao bus front')).toBeVisible();
  await expect(page.getByText(`/bus/v1/transport/hl7/send/${MLLP}`).first()).toBeVisible();
  await picture(page, 'transport-openapi');
});

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });
}
