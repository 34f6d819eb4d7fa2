/** The policies of an interface, grouped by the question that they answer. */
import test from 'node:test';
import type { Page } from '@playwright/test';
import { expect, noBrowser, startConsole } from './browser.ts';

const PICTURES = process.env['KQ_PICTURES'];
const QUESTIONS = ['谁可以调用', '调用多少', '内容可以是什么', '转到哪里', '留存什么'];

test(
  'an interface lists its policies by question: each line says what the policy does, and unfolds to its form',
  { skip: noBrowser, timeout: 300_000 },
  async (t) => {
    const { open } = await startConsole(t);
    const page = await open({ path: '/interfaces/ifc_appointment_create', roles: ['analyst'] });
    for (const question of QUESTIONS) await page.getByRole('heading', { name: question, exact: true }).waitFor();
    const panel = (question: string) => page.locator('section').filter({ has: page.getByRole('heading', { name: question, exact: true }) });
    const line = (name: string) => page.locator(`[data-policy="${name}"]`);
    await expect(panel('谁可以调用').last().locator('[data-policy="nonce"]')).toContainText('无法保存 nonce 时：拒绝');
    await expect(panel('留存什么').last().locator('[data-policy="access-log"]')).toBeVisible();
    await expect(line('grant')).toContainText('固定');
    await expect(line('ip-list')).toContainText('未启用');
    await picture(page, 'policies-folded');

    await line('app-limit').getByRole('button').first().click();
    await line('app-limit').getByRole('spinbutton').fill('20');
    await line('app-limit').getByRole('spinbutton').blur();
    await expect(line('app-limit')).toContainText('本接口每秒上限：20');
    await expect(line('app-limit')).toContainText('已设置');
    await line('ip-list').getByRole('switch').click();
    await expect(line('ip-list').getByText('只允许')).toBeVisible();
    await picture(page, 'policies-unfolded');
    await line('app-limit').getByRole('button').first().click();
    await expect(line('app-limit').getByRole('spinbutton')).toHaveCount(0);
  },
);

test(
  'what an interface names by id is chosen from a list, and the accepted files are ticked',
  { skip: noBrowser, timeout: 300_000 },
  async (t) => {
    const { open, city } = await startConsole(t);
    const keeper = await city.person(['security-admin', 'analyst']);
    const made = [
      await keeper.call('PUT', '/services/svc_files', {
        ...{ serviceId: 'svc_files', name: { 'zh-CN': '病历文件', en: 'Files' }, domain: 'sh-city', state: 'online', revision: 0 },
      }),
      await keeper.call('PUT', '/ip-lists/ipl_districts', {
        ...{ listId: 'ipl_districts', name: { 'zh-CN': '各区平台', en: 'Districts' }, kind: 'white', domain: 'sh-city', revision: 0 },
        ...{ everywhere: false, fronts: ['open'], entries: [{ range: '10.0.0.0/8', reason: 'VPN 网段' }] },
      }),
    ];
    for (const { status, text } of made) if (status !== 200) throw new Error(text);
    const page = await open({ path: '/interfaces/ifc_appointment_create', roles: ['security-admin', 'analyst'] });
    const line = (name: string) => page.locator(`[data-policy="${name}"]`);
    const choose = async (label: RegExp, option: RegExp) => {
      await page.getByRole('combobox', { name: label }).click();
      await page.locator('.ant-select-item-option').filter({ hasText: option }).click();
    };
    await choose(/^所属服务/, /病历文件.*svc_files/);
    await line('ip-list').getByRole('switch').click();
    await choose(/^共享名单/, /各区平台.*ipl_districts.*白名单/);
    await page.keyboard.press('Escape');
    await expect(line('ip-list')).toContainText('各区平台');
    await line('file-type').getByRole('switch').click();
    for (const name of ['PDF', 'DICOM 影像', 'CSV']) await line('file-type').getByRole('checkbox', { name }).check();
    await expect(line('file-type')).toContainText('接受的文件：PDF、DICOM 影像等 3 项');
    if (PICTURES !== undefined) {
      await line('file-type').scrollIntoViewIfNeeded();
      await page.screenshot({ path: `${PICTURES}/files-zh.png` });
    }
  },
);

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await page.locator('[data-policy="ip-list"]').scrollIntoViewIfNeeded();
  for (const width of [1280, 1920]) {
    await page.setViewportSize({ width, height: 1000 });
    await page.screenshot({ path: `${PICTURES}/${name}-${width}.png` });
  }
}
