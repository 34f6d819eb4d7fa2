import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { Page } from '@playwright/test';
import { booking, until } from '../support/city.ts';
import { expect, noBrowser, startConsole, type Console } from './browser.ts';

const PICTURES = process.env['KQ_PICTURES'];
const SIZE = 10 * 1024 * 1024;
const HEAD = 'MSH|^~\\&|HIS|C|BUS|CITY|20260101||ORU^R01|1|P|2.5.1\rPID|1||P01^^^A~P02||张^三';

function hl7(size: number): string {
  const lines = [HEAD];
  for (let length = HEAD.length, number = 1; length < size; number += 1) {
    const line = `OBX|${number}|NM|GLU^葡萄糖^L||${number % 40}.5|mmol/L|3.9-6.1|N|||F|||20260101120000`;
    lines.push(line);
    length += line.length + 1;
  }
  return lines.join('\r');
}

/** The page of a message whose payload is this: what the city sends is small, so it is put into the answer of the platform. */
async function openWith({ city, open }: Console, shown: { form: 'json' | 'text'; data: unknown }): Promise<Page> {
  const answer = await city.app.fetch('/open/v1/appointments', { body: booking('A'), idempotencyKey: randomUUID() });
  assert.equal(answer.status, 201);
  const executionId = await until('the booking is recorded', async () => {
    const { items } = (await city.admin('GET', '/executions?limit=1')) as { items: { executionId: string }[] };
    return items[0]?.executionId;
  });
  const page = await open({ roles: ['operator'], path: '/messages' });
  await page.route(`**/api/v1/executions/${executionId}/payload`, async (route) => {
    const response = await route.fetch();
    const details = (await response.json()) as { input: object };
    const sizeBytes = Buffer.byteLength(JSON.stringify(shown.data));
    await route.fulfill({ response, json: { ...details, input: { ...details.input, ...shown, sizeBytes } } });
  });
  await page.goto(new URL(`/messages/${executionId}`, page.url()).href);
  await watchTasks(page);
  await page.getByRole('button', { name: '查看数据' }).click();
  return page;
}

test('an HL7 message is read segment by segment, each on a line of its own, with its fields', { skip: noBrowser }, async (t) => {
  const page = await openWith(await startConsole(t), { form: 'text', data: `${HEAD}\rOBX|1|NM|GLU^葡萄糖||5.2\r` });
  const input = page.getByRole('region', { name: '输入', exact: true });
  await expect(input.locator('summary')).toHaveCount(3);
  await expect(input.locator('summary').nth(1)).toContainText('PID');
  await input.getByText('PID-5.1', { exact: true }).waitFor();
  await picture(page, 'hl7');
  await input.getByRole('textbox', { name: '在内容里找' }).pressSequentially('葡萄糖', { delay: 30 });
  await expect(input.locator('summary')).toHaveCount(1);
  await input.getByText('OBX-3.2', { exact: true }).waitFor();
  await input.getByText('原文', { exact: true }).click();
  await expect(input.locator('.cm-line')).toHaveCount(4);
});

test('an HL7 message of 10 MB opens with its first segments, and finds one behind them', { skip: noBrowser }, async (t) => {
  const page = await openWith(await startConsole(t), { form: 'text', data: hl7(SIZE) });
  const input = page.getByRole('region', { name: '输入', exact: true });
  await input.getByRole('button', { name: '再显示 100 段' }).waitFor();
  await expect(input.locator('summary')).toHaveCount(100);
  await input.getByText('OBX[3]', { exact: true }).click();
  await input.getByText('OBX[3]-5', { exact: true }).waitFor();
  await tellTasks(page, t, 'HL7, opened');
  await picture(page, 'hl7 10 MB');
  await input.getByRole('textbox', { name: '在内容里找' }).pressSequentially('OBX|90000|', { delay: 30 });
  await expect(input.locator('summary')).toHaveCount(1);
  await tellTasks(page, t, 'HL7, searched');
  await input.getByRole('textbox', { name: '在内容里找' }).fill('');
  await input.getByText('原文', { exact: true }).click();
  await input.locator('.cm-line').first().waitFor();
  await tellTasks(page, t, 'HL7, source');
});

test('JSON of 10 MB opens as a tree, and a text of 10 MB in a single line as its source', { skip: noBrowser }, async (t) => {
  const running = await startConsole(t);
  const item = { code: 'GLU', name: '葡萄糖', value: 5.2, note: 'x'.repeat(60) };
  const data = { orders: Array.from({ length: SIZE / 110 }, (_, number) => ({ ...item, number })), document: 'A'.repeat(SIZE / 10) };
  const json = await openWith(running, { form: 'json', data });
  const tree = json.getByRole('region', { name: '输入', exact: true });
  await tree.getByRole('button', { name: '再显示 100 项' }).waitFor();
  await tree.getByRole('button', { name: /个字符，再显示一些/ }).waitFor();
  await tellTasks(json, t, 'JSON, opened');
  const text = await openWith(running, { form: 'text', data: '患者自述 '.repeat(SIZE / 14) });
  const source = text.getByRole('region', { name: '输入', exact: true });
  await source.locator('.cm-line').first().waitFor();
  await source.getByText('患者自述').first().waitFor();
  await source.getByText(/只显示前 1,000,000 个字符/).waitFor();
  await tellTasks(text, t, 'text, opened');
});

/** The longest time in which the page did not respond is reported, not asserted, because it also depends on the machine. */
async function watchTasks(page: Page): Promise<void> {
  await page.evaluate(`globalThis.longest = 0; new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration);
  }).observe({ type: 'longtask' });`);
}

async function tellTasks(page: Page, t: { diagnostic(text: string): void }, what: string): Promise<void> {
  const longest = await page.evaluate<number>('Promise.resolve(globalThis.longest).finally(() => { globalThis.longest = 0; })');
  t.diagnostic(`${what}: longest task ${Math.round(longest)} ms`);
}

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png` });
}
