/** Production is taken for nothing else: in a real browser, on a platform whose environment is PROD. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { chainFlow } from '../support/platform-api.ts';
import { expect, noBrowser, startConsole } from './browser.ts';
import { sidePanel } from './flow-editor.ts';

const LIMIT = { skip: noBrowser, timeout: 240_000 };
const PICTURES = process.env['KQ_PICTURES'];

test('production shows on every page, and publishing there takes a note and says for whom it changes something', LIMIT, async (context) => {
  const console = await startConsole(context);
  const { city } = console;
  await city.admin('PUT', '/flows/flw_prod', chainFlow('flw_prod', [], { name: { 'zh-CN': '生产流程', en: 'Production flow' } }));
  await city.admin('POST', '/flows/flw_prod/publish', {});
  await city.admin('PUT', '/interfaces/ifc_prod', {
    interfaceId: 'ifc_prod',
    revision: 0,
    name: { 'zh-CN': '生产接口', en: 'Production interface' },
    domain: 'sh-city',
    ...{ front: 'open', method: 'POST', path: '/open/v1/prod', state: 'online' },
    target: { kind: 'flow', flowId: 'flw_prod' },
    ...{ timeoutMs: 5000, timeoutRetries: 0, exceptionRetries: 0, log: 'none' },
  });
  const draftWith = async (change: object) => ({ ...((await city.admin('GET', '/flows/flw_prod')) as object), ...change });
  await city.admin('PUT', '/flows/flw_prod', await draftWith({ deadlineMs: 7000 }));
  await console.restart(() => Promise.resolve(), { KQ_ENVIRONMENT: 'PROD', KQ_REQUIRE_TOTP: 'false' });

  await assert.rejects(city.admin('POST', '/flows/flw_prod/publish', {}), /PUBLISH_NOTE_MISSING/);
  const page = await console.open({ path: '/flows/flw_prod', roles: ['analyst', 'operator'] });
  await expect(page.getByRole('note').filter({ hasText: '生产环境' })).toBeVisible();
  await expect(page).toHaveTitle(/^【生产】生产流程/);
  await expect(page.locator('link[rel=icon]')).toHaveAttribute('href', '/icon-production.svg');
  await page.getByRole('button', { name: '发布', exact: true }).first().click();
  const panel = sidePanel(page);
  await expect(panel.getByRole('region', { name: '影响谁' })).toContainText('生产接口');
  const publish = panel.getByRole('button', { name: '发布', exact: true });
  await publish.click();
  await panel.getByText('在生产环境发布须写说明。').waitFor();
  await panel.getByRole('textbox', { name: /^说明（必填）/ }).pressSequentially('缩短时限', { delay: 30 });
  await publish.click();
  const dialog = page.getByRole('dialog').filter({ hasText: '发布到生产环境' });
  await expect(dialog).toContainText('生产环境 · 127.0.0.1');
  await expect(dialog).toContainText('将发布第 2 次保存的草稿');
  await expect(dialog).toContainText('7.0 秒');
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/production.png` });
  await dialog.getByRole('button', { name: '发布', exact: true }).click();
  await panel.getByText('版本 2 已上线').waitFor();

  // What a colleague saves while the dialog is open is not published unseen.
  await city.admin('PUT', '/flows/flw_prod', await draftWith({ deadlineMs: 8000 }));
  await page.goto('/flows/flw_prod?panel=release');
  await panel.getByRole('textbox', { name: /^说明（必填）/ }).pressSequentially('再改', { delay: 30 });
  await publish.click();
  await expect(dialog).toContainText('将发布第 3 次保存的草稿');
  const colleague = await city.person(['analyst']);
  assert.equal((await colleague.call('PUT', '/flows/flw_prod', await draftWith({ deadlineMs: 9000 }))).status, 200);
  await dialog.getByRole('button', { name: '发布', exact: true }).click();
  await expect(dialog.getByRole('alert')).toContainText(`${colleague.name} 于`);
  await expect(dialog.getByRole('heading', { name: `${colleague.name} 的修改` })).toBeVisible();
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/production-changed.png` });
  assert.equal(((await city.admin('GET', '/flows/flw_prod/versions')) as { items: unknown[] }).items.length, 2);
  await dialog.getByRole('button', { name: '发布', exact: true }).click();
  await panel.getByText('版本 3 已上线').waitFor();
  const { document } = (await city.admin('GET', '/flows/flw_prod/versions/3')) as { document: FlowDocument };
  assert.deepEqual([document.revision, document.deadlineMs], [4, 9000]);

  await page.goto('/messages');
  await expect(page.getByRole('note').filter({ hasText: '生产环境' })).toBeVisible();
});
