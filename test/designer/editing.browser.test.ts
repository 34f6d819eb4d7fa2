/** A flow from a change to publishing, and who may not change it, in a real browser. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test, { after, before } from 'node:test';
import type { Page } from '@playwright/test';
import { overlaps } from '../../designer/src/model/card-geometry.ts';
import type { FlowDocument } from '../../engine/contract/flow-document.ts';
import { booking, until } from '../support/city.ts';
import { type Console, expect, goTo, noBrowser, startConsole } from './browser.ts';
import { isSaved, rename, sidePanel } from './flow-editor.ts';

const LIMIT = { skip: noBrowser, timeout: 60_000 };

let console: Console;

before(async () => {
  if (noBrowser === false) console = await startConsole();
});
after(() => (noBrowser === false ? console.close() : undefined));

test('a changed name is saved by itself, shown as the difference, and in service after publishing', LIMIT, async () => {
  const page = await console.open({ path: '/flows/flw_appointment' });
  await rename(page, '没有这家医院', '医院不存在');
  await isSaved(page);
  await page.getByRole('button', { name: '发布', exact: true }).first().click();
  const panel = sidePanel(page);
  await expect(panel.getByRole('listitem').filter({ hasText: '修改' }).filter({ hasText: '医院不存在' })).toBeVisible();
  await panel.getByRole('button', { name: '发布', exact: true }).click();
  await panel.getByText('版本 2 已上线').waitFor();
  await expect(panel.getByRole('listitem').filter({ hasText: '版本 2' }).getByText('线上')).toBeVisible();
  await page.getByText('线上版本 2').waitFor();
});

test('a viewer sees a flow, has nothing to change it with, and is refused by the platform too', LIMIT, async () => {
  const page = await console.open({ path: '/flows/flw_reports', roles: ['viewer'] });
  await page.getByText('只读', { exact: true }).waitFor();
  await page.locator('.react-flow__node-card').first().waitFor();
  await expect(page.getByRole('complementary', { name: '节点' })).toHaveCount(0);
  for (const name of ['发布', '试运行']) await expect(page.getByRole('button', { name, exact: true })).toHaveCount(0);
  const viewer = await console.city.person(['viewer']);
  const flow = await console.city.admin('GET', '/flows/flw_reports');
  assert.equal((await viewer.call('PUT', '/flows/flw_reports', flow)).status, 403);
});

test('a flow that came without places is shown arranged wherever it is shown, and is changed by no more than an edit', LIMIT, async () => {
  const { city, open } = console;
  const read = async () => (await city.admin('GET', '/flows/flw_appointment')) as FlowDocument;
  const flow = await read();
  flow.nodes[0]!.label = '没有位置';
  await city.admin('PUT', '/flows/flw_appointment', { ...flow, layout: { ...flow.layout, nodes: {} } });
  const { revision } = await read();
  await city.admin('POST', '/flows/flw_appointment/publish', {});

  const page = await open({ path: '/flows/flw_appointment' });
  const saves: string[] = [];
  page.on('request', (request) => request.method() === 'PUT' && saves.push(request.url()));
  await areApart(page, flow.nodes.length);
  await isSaved(page);
  await expect(page.getByRole('button', { name: '没有可撤销的操作' })).toBeDisabled();
  await page.getByRole('button', { name: '发布', exact: true }).first().click();
  await sidePanel(page).getByText('内容没有差别').waitFor();
  // Leaving the page saves what is not saved yet.
  await goTo(page, 'flows');
  assert.deepEqual([saves, (await read()).revision], [[], revision]);

  const viewer = await open({ path: '/flows/flw_appointment', roles: ['viewer'] });
  await areApart(viewer, flow.nodes.length);
  await city.app.fetch('/open/v1/appointments', { body: booking('A'), idempotencyKey: randomUUID() });
  const executionId = await until('the booking is recorded', async () => {
    const found = (await city.admin('POST', '/executions/search', { keyName: 'patient', keyValue: 'P000002' })) as {
      items: { executionId: string }[];
    };
    return found.items[0]?.executionId;
  });
  await goTo(viewer, `messages/${executionId}`);
  await areApart(viewer, flow.nodes.length);

  await goTo(page, 'flows/flw_appointment');
  await rename(page, '没有位置', '有了位置');
  await isSaved(page);
  assert.deepEqual(Object.keys((await read()).layout.nodes).toSorted(), flow.nodes.map(({ id }) => id).toSorted());
});

/** So many cards, none on another. */
async function areApart(page: Page, count: number): Promise<void> {
  const cards = page.locator('.react-flow__node-card');
  await expect(cards).toHaveCount(count);
  const boxes = await Promise.all((await cards.all()).map(async (one) => (await one.boundingBox())!));
  boxes.forEach((box, index) => assert.ok(!boxes.slice(index + 1).some((other) => overlaps(box, other))));
}
