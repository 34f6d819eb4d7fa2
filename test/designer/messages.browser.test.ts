import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { booking, until } from '../support/city.ts';
import { noBrowser, startConsole } from './browser.ts';

test(
  'a message is found, opens on the canvas that it went through, and shows its data only to who may see it',
  { skip: noBrowser },
  async (t) => {
    const { city, open } = await startConsole(t);
    const answer = await city.app.fetch('/open/v1/appointments', { body: booking('A'), idempotencyKey: randomUUID() });
    assert.equal(answer.status, 201);
    const executionId = await until('the booking is recorded', async () => {
      const found = (await city.admin('POST', '/executions/search', { keyName: 'patient', keyValue: 'P000002' })) as {
        items: { executionId: string }[];
      };
      return found.items[0]?.executionId;
    });

    const page = await open({ roles: ['operator'], path: `/messages?text=${executionId}` });
    await page.locator('tbody a').first().click();
    await page.waitForURL(`**/messages/${executionId}`);
    await page.locator('.react-flow__node [role="img"][aria-label^="成功"]').first().waitFor();
    assert.equal(await page.getByText('虚构丙甲').count(), 0, 'nothing is shown before it is asked for');
    await page.getByRole('button', { name: '查看数据' }).click();
    await page.getByText('虚构丙甲').first().waitFor();

    const viewer = await open({ roles: ['viewer'], path: `/messages/${executionId}` });
    await viewer.getByText('需要“查看消息数据”的权限').waitFor();
    assert.equal(await viewer.getByRole('button', { name: '查看数据' }).count(), 0);
    assert.equal(await viewer.getByText('虚构丙甲').count(), 0);
  },
);

test('a step that waited for the scripts of other flows says so, in the language of the reader', { skip: noBrowser }, async (t) => {
  const { city, open } = await startConsole(t);
  const answer = await city.app.fetch('/open/v1/appointments', { body: booking('A'), idempotencyKey: randomUUID() });
  assert.equal(answer.status, 201);
  const executionId = await until('the booking is recorded', async () => {
    const { items } = (await city.admin('GET', '/executions?limit=1')) as { items: { executionId: string }[] };
    return items[0]?.executionId;
  });
  const { steps } = (await city.admin('GET', `/executions/${executionId}`)) as { steps: { node: string }[] };
  for (const [language, words] of [
    ['zh-CN', '等待脚本沙箱 1.2 秒'],
    ['en', 'waited 1.2 s for the script sandbox'],
  ] as const) {
    const page = await open({ roles: ['operator'], path: '/', language });
    // The city waits for no script: what the API gives where a flow has to is put into its answer.
    await page.route(`**/api/v1/executions/${executionId}`, async (route) => {
      const response = await route.fetch();
      const details = (await response.json()) as { steps: { node: string }[] };
      await route.fulfill({ response, json: { ...details, steps: details.steps.map((step) => ({ ...step, sandboxWaitMs: 1234 })) } });
    });
    await page.goto(new URL(`/messages/${executionId}`, page.url()).href);
    await page.locator(`.react-flow__node[data-id="${steps[0]!.node}"]`).click();
    await page.getByText(words).first().waitFor();
  }
});
