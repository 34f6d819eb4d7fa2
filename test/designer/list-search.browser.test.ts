/** Typing into the search of a list, in a real browser on a slow machine. */
import test from 'node:test';
import { expect, noBrowser, startConsole } from './browser.ts';
import { newFlow } from '../../designer/src/model/flow/new-flow.ts';

const TYPING = { delay: 30 };
/** So slow that drawing a list takes longer than the next key. */
const SLOWER = 6;

test(
  'the search of a list keeps every key, puts what was typed into the address, and goes back with it',
  {
    skip: noBrowser,
    timeout: 120_000,
  },
  async (context) => {
    const { city, open } = await startConsole(context);
    for (let count = 0; count < 30; count++)
      await city.admin('PUT', `/flows/flw_scale_${count}`, { ...newFlow(`scale/1905a${count}`), flowId: `flw_scale_${count}` });
    const page = await open({ path: '/flows' });
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
    await page.locator('tbody tr[data-row-key]').first().waitFor();
    const search = page.getByRole('textbox', { name: '搜索' });
    await search.pressSequentially('scale/1905a17', TYPING);
    await expect(search).toHaveValue('scale/1905a17');
    await expect(page.locator('tbody tr[data-row-key]')).toHaveCount(1);
    await expect(page).toHaveURL(/\?q=scale%2F1905a17$/);

    await page.getByText('scale/1905a17').click();
    await page.waitForURL('**/flows/flw_scale_17');
    await page.goBack();
    await expect(search).toHaveValue('scale/1905a17');
    await page.getByRole('menuitem', { name: '流程', exact: true }).click();
    await expect(search).toHaveValue('');
  },
);

test('an archive that is off is told as such, not as a failure', { skip: noBrowser, timeout: 120_000 }, async (context) => {
  const { open } = await startConsole(context);
  const page = await open({ path: '/messages' });
  await page.getByRole('switch', { name: '归档' }).click();
  await page.getByText('归档未启用').waitFor();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.getByRole('button', { name: '返回消息' }).click();
  await expect(page.getByText('归档未启用')).toHaveCount(0);
});

test(
  'a list is walked by keyboard: the heading that sorts shows the focus, and the column of acts has a name',
  {
    skip: noBrowser,
    timeout: 120_000,
  },
  async (context) => {
    const { open } = await startConsole(context);
    const page = await open({ path: '/flows' });
    await page.getByRole('columnheader', { name: '操作', exact: true }).waitFor();
    const heading = page.getByRole('columnheader', { name: /^名称/ });
    await page.getByRole('button', { name: '导出 CSV' }).focus();
    while (!(await heading.evaluate((element) => element === element.ownerDocument.activeElement))) await page.keyboard.press('Tab');
    await expect(heading).toHaveCSS('outline-style', 'solid');
    await page.keyboard.press('Enter');
    await expect(heading).toHaveAttribute('aria-sort', /ascending|descending/);
  },
);
