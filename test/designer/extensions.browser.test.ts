/** The page of extensions: a key is registered, a package uploaded, confirmed by another person, and its node drawn in a flow. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Page } from '@playwright/test';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { manifestOf, newPublisher, nodeOf, packageOf } from '../support/make-extension.ts';
import { chainFlow } from '../support/platform-api.ts';
import { expect, giveAgain, noBrowser, startConsole, type Console } from './browser.ts';

const LIMIT = { skip: noBrowser, timeout: 300_000 };
const PICTURES = process.env['KQ_PICTURES'];
const crypto = createSoftwareCrypto();

let console: Console;

before(async () => {
  if (noBrowser !== false) return;
  console = await startConsole();
});
after(() => (noBrowser === false ? console.close() : undefined));

test('two people install an extension on its page, and its node is in the palette with a form', LIMIT, async () => {
  const publisher = await newPublisher(crypto);
  const field = { type: 'string', text: { label: { 'zh-CN': '前缀', en: 'Prefix' } }, maxLength: 20, default: 'A' };
  const config = { type: 'object', properties: { prefix: field }, additionalProperties: false };
  const text = { label: { 'zh-CN': '加前缀', en: 'Add a prefix' }, help: { 'zh-CN': '为编号加前缀。', en: 'Adds a prefix to an id.' } };
  const manifest = manifestOf({
    id: 'x-prefix',
    text: { label: { 'zh-CN': '编号工具', en: 'Tools for ids' }, help: { 'zh-CN': '处理院内编号。', en: 'Works on ids of hospitals.' } },
    nodes: [nodeOf('add', { text, config })],
    permissions: { connect: ['ids.example:443'] },
  });
  const code = 'export const nodes = { add: (ctx, message) => ({ ...message.data, prefix: ctx.config.prefix }) };';
  const buffer = await packageOf(crypto, publisher, manifest, code);

  const security = await console.open({ path: '/extensions', roles: ['security-admin'] });
  await security.getByRole('button', { name: '登记公钥' }).click();
  await security.getByRole('dialog').getByLabel('发布者').fill('acme');
  await security.getByRole('dialog').getByLabel('公钥（PEM）').fill(publisher.publicPem);
  await security.getByRole('dialog').getByRole('button', { name: '登记公钥' }).click();
  await giveAgain(security, console.passwordOf(security));
  await expect(security.getByRole('row').filter({ hasText: 'acme' })).toContainText('SM3:');

  const system = await console.open({ path: '/extensions', roles: ['system-admin'], language: 'en' });
  await system.locator('input[type="file"]').first().setInputFiles({ name: 'prefix.zip', mimeType: 'application/zip', buffer });
  const uploaded = system.getByRole('row').filter({ hasText: 'x-prefix@1.0.0' }).first();
  await expect(uploaded).toContainText('Waiting');
  await expect(uploaded.getByRole('button', { name: 'Confirm' })).toHaveCount(0);

  await security.reload();
  const row = security.getByRole('row').filter({ hasText: 'x-prefix@1.0.0' }).first();
  await expect(row).toContainText('ids.example:443');
  await picture(security, 'extensions-waiting');
  await row.getByRole('button', { name: '确认' }).click();
  const dialog = security.getByRole('dialog', { name: '确认' });
  await dialog.getByRole('textbox').fill('已与发布者核对');
  await dialog.getByRole('button', { name: '确认' }).click();
  await giveAgain(security, console.passwordOf(security));
  await expect(row).toContainText('启用');

  const used = chainFlow('flw_uses_extension', [{ id: 'n_add', type: 'x-prefix.add@1', label: '', config: { prefix: 'B' } }]);
  await console.city.admin('PUT', `/flows/${used.flowId}`, used);
  await system.reload();
  await expect(uploaded).toContainText('Enabled');
  await expect(uploaded.getByRole('link')).toHaveAttribute('href', `/flows/${used.flowId}`);
  await picture(system, 'extensions-en');

  const editor = await console.open({ path: `/flows/${used.flowId}` });
  await editor.locator('.react-flow__node-card').filter({ hasText: '加前缀' }).click();
  await expect(editor.getByRole('textbox', { name: '前缀' })).toHaveValue('B');
  await picture(editor, 'extension-node');

  await uploaded.getByRole('button', { name: 'Disable' }).click();
  await system.getByRole('dialog').getByRole('textbox').fill('maintenance');
  await system.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
  await expect(uploaded).toContainText('Disabled');
  assert.match(JSON.stringify(await console.city.admin('POST', '/flows/validate', used)), /x-prefix is disabled/);
});

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });
}
