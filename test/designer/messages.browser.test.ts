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
    await viewer.getByText('executions.payload').waitFor();
    assert.equal(await viewer.getByRole('button', { name: '查看数据' }).count(), 0);
    assert.equal(await viewer.getByText('虚构丙甲').count(), 0);
  },
);
