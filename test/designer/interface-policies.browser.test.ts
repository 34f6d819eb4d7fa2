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

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await page.locator('[data-policy="ip-list"]').scrollIntoViewIfNeeded();
  for (const width of [1280, 1920]) {
    await page.setViewportSize({ width, height: 1000 });
    await page.screenshot({ path: `${PICTURES}/${name}-${width}.png` });
  }
}
