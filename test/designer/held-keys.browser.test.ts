import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Page } from '@playwright/test';
import { adapterTo, startHospital } from '../control/start-engine.ts';
import { until } from '../support/city.ts';
import { chainFlow } from '../support/platform-api.ts';
import { expect, noBrowser, startConsole } from './browser.ts';
import { offerOnBus } from './offer-on-bus.ts';

const PICTURES = process.env['KQ_PICTURES'];

const feed = chainFlow(
  'flw_discharge',
  [{ type: 'http.call@1', id: 'n_send', label: '送丁医院', adapter: 'adp_his', config: { method: 'POST', path: '/summaries' } }],
  {
    name: { 'zh-CN': '出院小结上报', en: 'Discharge summaries' },
    mode: 'durable',
    deadlineMs: 60_000,
    ingress: { keys: { patient: 'data.body.patient', visit: 'data.body.visit' } },
  },
);

test(
  'held messages show their patient to who may see data, are found and retried by it; the export carries what the person may see',
  { skip: noBrowser },
  async (t) => {
    const { city, open } = await startConsole(t);
    const hospital = await startHospital();
    t.after(() => hospital.stop());
    const environments = { DEV: { baseUrl: hospital.baseUrl } };
    await city.admin('PUT', '/adapters/adp_his', { ...adapterTo(hospital), environments });
    const send = await offerOnBus(city, feed);
    hospital.answer = () => ({ status: 422 });
    for (const [patient, visit] of [
      ['P000017', 'V1'],
      ['P000017', 'V2'],
      ['P000023', 'V3'],
    ])
      await send({ patient, visit });
    await until('all are held', async () => ((await city.admin('GET', '/held/groups')) as { count: number }).count === 3);
    hospital.answer = () => ({ status: 200 });

    const viewer = await open({ roles: ['viewer'], path: '/held/messages?all=1' });
    await expect(viewer.getByRole('row', { name: /exe_/ })).toHaveCount(3);
    assert.equal(await viewer.getByText('P000017').count(), 0);
    assert.equal(await viewer.getByRole('columnheader', { name: '业务键' }).count(), 0);
    assert.equal(await viewer.getByRole('textbox', { name: /业务键/ }).count(), 0);
    await viewer.goto('/messages');
    await expect(viewer.getByRole('row', { name: /exe_/ }).first()).toBeVisible();
    assert.doesNotMatch(await exported(viewer), /P000017|业务键/);

    const page = await open({ roles: ['operator'], path: '/held' });
    await page.getByRole('link', { name: '按患者等业务键查找' }).click();
    await expect(page.getByRole('row', { name: /P000017/ })).toHaveCount(2);
    await picture(page, 'held-keys zh 1280');
    await page.getByRole('textbox', { name: '业务键的值，如患者号' }).pressSequentially('P000017', { delay: 30 });
    await page.keyboard.press('Enter');
    await expect(page.getByRole('row', { name: /exe_/ })).toHaveCount(2);
    assert.doesNotMatch(page.url(), /P000017/);
    await page.getByRole('button', { name: '全部重试' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/^2 条消息将从停下的节点接着走/).waitFor();
    await dialog.getByRole('textbox', { name: /理由/ }).pressSequentially('已修复', { delay: 30 });
    await dialog.getByRole('button', { name: '开始重试' }).click();
    await dialog.getByText('走通 2 条').waitFor();
    await dialog.getByRole('button', { name: '关闭' }).last().click();
    await page.getByText('没有这个业务键的待人工处理消息').waitFor();

    await page.goto('/messages');
    await page.getByRole('row', { name: /P000023/ }).waitFor();
    await picture(page, 'messages-keys zh 1280');
    assert.match(await exported(page), /业务键[^]*patient=P000017; visit=V1/);
    const english = await open({ roles: ['operator'], path: '/held/messages?all=1', language: 'en', width: 1920 });
    await english.getByRole('row', { name: /P000023/ }).waitFor();
    await picture(english, 'held-keys en 1920');
  },
);

/** The text of the exported file. */
async function exported(page: Page): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: '导出 CSV' }).click()]);
  await page.getByRole('dialog').getByRole('button', { name: '关闭' }).last().click();
  return readFile(await file.path(), 'utf8');
}

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png` });
}
