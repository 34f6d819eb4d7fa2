/** A flow from a change to publishing, and who may not change it, in a real browser. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import test, { after, before } from 'node:test';
import type { Page } from '@playwright/test';
import { overlaps } from '../../designer/src/model/flow/card-geometry.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { booking, until } from '../support/city.ts';
import { type Console, expect, goTo, noBrowser, startConsole } from './browser.ts';
import { card, isSaved, rename, sidePanel } from './flow-editor.ts';

const LIMIT = { skip: noBrowser, timeout: 240_000 };

interface ExportedBundle {
  readonly source: string;
  readonly versions?: Readonly<Record<string, number>>;
  readonly flows: readonly object[];
}

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

test(
  'a node of an older major says that there is a newer one, becomes it with its settings, and is no choice for a new node',
  LIMIT,
  async () => {
    const { city, open } = console;
    const flow = (await city.admin('GET', '/flows/flw_appointment')) as FlowDocument;
    const join = { id: 'n_old', type: 'control.join@1', label: '等两家医院', config: { mode: 'any' } } as const;
    await city.admin('PUT', '/flows/flw_older', { ...flow, flowId: 'flw_older', revision: 0, nodes: [...flow.nodes, join] });
    const page = await open({ path: '/flows/flw_older', width: 1920 });
    await card(page, '等两家医院').click();
    const panel = sidePanel(page);
    await panel.getByText('这个节点有新版：汇合 control.join@2').waitFor();
    await panel.getByRole('listitem').filter({ hasText: '失败的分支不再占先' }).waitFor();
    await panel.getByRole('button', { name: '升级' }).click();
    await expect(panel.getByText('这个节点有新版')).toHaveCount(0);
    await panel.getByText('最先成功的分支').first().waitFor();
    await isSaved(page);
    const saved = ((await city.admin('GET', '/flows/flw_older')) as FlowDocument).nodes.find(({ id }) => id === 'n_old')!;
    assert.deepEqual([saved.type, saved.label, saved.config], ['control.join@2', '等两家医院', { mode: 'first-success' }]);
    const palette = page.getByRole('complementary', { name: '节点' });
    await palette.getByRole('textbox').fill('汇合');
    await palette.getByText('汇合', { exact: true }).waitFor();
    await expect(palette.getByText('汇合（旧版）')).toHaveCount(0);
  },
);

test('a flow is carried to another installation as a file, which says whether it holds the draft or what serves', LIMIT, async () => {
  const page = await console.open({ path: '/flows' });
  const menu = page
    .getByRole('row')
    .filter({ hasText: 'flw_reports' })
    .getByRole('button', { name: /更多操作/ });
  const exported = async (choose?: string) => {
    await menu.click();
    await page.getByRole('menuitem', { name: '导出' }).click();
    const dialog = page.getByRole('dialog');
    if (choose !== undefined) await dialog.getByRole('radio', { name: choose }).check();
    const [file] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('button', { name: '导出' }).click()]);
    await expect(dialog).toHaveCount(0);
    const path = await file.path();
    return { name: file.suggestedFilename(), path, bundle: JSON.parse(await readFile(path, 'utf8')) as ExportedBundle };
  };
  const serving = await exported();
  assert.deepEqual(
    [serving.name, serving.bundle.source, serving.bundle.versions],
    ['flw_reports.v1.bundle.json', 'published', { flw_reports: 1 }],
  );
  const draft = await exported('草稿');
  assert.deepEqual([draft.name, draft.bundle.source], ['flw_reports.draft.bundle.json', 'draft']);

  await page.getByRole('button', { name: '导入' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.locator('input[type=file]').setInputFiles({ name: 'notes.json', mimeType: 'application/json', buffer: Buffer.from('[]') });
  await dialog.getByText('“notes.json”不是导出的流程文件').waitFor();
  await expect(dialog.getByRole('button', { name: '导入' })).toBeDisabled();
  const renamed = { ...draft.bundle, interfaces: [], flows: [{ ...draft.bundle.flows[0], flowId: 'flw_carried' }] };
  await dialog
    .locator('input[type=file]')
    .setInputFiles({ name: 'carried.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(renamed)) });
  await dialog.getByText(/“carried.json”：流程 1/).waitFor();
  await dialog.getByRole('button', { name: '导入' }).click();
  await dialog.getByText(/已导入：流程 1/).waitFor();
  await dialog.getByRole('button', { name: '关闭' }).last().click();
  await page.getByText('flw_carried').waitFor();
});

test('an import that would change an adapter in use lists it first, and changes it once a person says so', LIMIT, async () => {
  const { city, open } = console;
  type Adapter = { readonly owner: string; readonly environments: Readonly<Record<string, object>>; readonly credential?: string };
  const { items } = (await city.admin('GET', '/adapters')) as { items: (Adapter & { adapterId: string })[] };
  const { credential: _credential, ...model } = (await city.admin('GET', `/adapters/${items[0]!.adapterId}`)) as Adapter;
  const adapterId = 'adp_import';
  const stored = (await city.admin('PUT', `/adapters/${adapterId}`, { ...model, adapterId, revision: 0 })) as Adapter;
  const incoming = { ...stored, owner: '别处', environments: { OTHER: Object.values(stored.environments)[0] } };
  const page = await open({ path: '/flows' });
  await page.getByRole('button', { name: '导入' }).click();
  const dialog = page.getByRole('dialog');
  const buffer = Buffer.from(JSON.stringify({ schema: 'bundle/1', adapters: [incoming] }));
  await dialog.locator('input[type=file]').setInputFiles({ name: 'other.json', mimeType: 'application/json', buffer });
  const start = dialog.getByRole('button', { name: '导入' });
  await start.click();
  await dialog.getByText(`“${adapterId}”在此处已有，以下位置不同：/owner, /environments/OTHER`).waitFor();
  await expect(start).toBeDisabled();
  assert.deepEqual(await city.admin('GET', `/adapters/${adapterId}`), stored);
  await dialog.getByRole('checkbox', { name: '一并覆盖' }).check();
  await start.click();
  await dialog.getByText(/已导入：流程 0，适配器 1/).waitFor();
  const changed = (await city.admin('GET', `/adapters/${adapterId}`)) as Adapter;
  assert.deepEqual(
    [changed.owner, changed.environments],
    ['别处', { ...stored.environments, ...incoming.environments }],
    'the settings of the running environment stay',
  );
});

test('what serves and would be refused today is named beside it, and serves on', LIMIT, async () => {
  const { city, open } = console;
  const flow = (await city.admin('GET', '/flows/flw_appointment')) as FlowDocument;
  const used = flow.nodes.find(({ adapter }) => adapter !== undefined)!;
  const adapter = (await city.admin('GET', `/adapters/${used.adapter}`)) as { environments: Record<string, object> };
  const saved = (await city.admin('PUT', '/adapters/adp_leaving', { ...adapter, adapterId: 'adp_leaving', revision: 0 })) as object;
  const nodes = flow.nodes.map((node) => (node === used ? { ...node, adapter: 'adp_leaving' } : node));
  await city.admin('PUT', '/flows/flw_judged', { ...flow, flowId: 'flw_judged', revision: 0, nodes });
  await city.admin('POST', '/flows/flw_judged/publish', {});
  // It keeps its settings for another environment alone.
  await city.admin('PUT', '/adapters/adp_leaving', { ...saved, environments: { OTHER: Object.values(adapter.environments)[0] } });
  const page = await open({ path: '/flows/flw_judged?panel=release' });
  const panel = sidePanel(page);
  await panel.getByText('线上版本有 1 处会被现在的校验拒绝').waitFor();
  await expect(panel.getByRole('alert').filter({ hasText: '线上版本有 1 处' })).toContainText(used.label);
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
