/** What the overview says on a bad day: each cause by its name, and where most fails. */
import { test } from 'node:test';
import { adapterTo, startHospital } from '../control/start-engine.ts';
import { until } from '../support/city.ts';
import { chainFlow } from '../support/platform-api.ts';
import { expect, noBrowser, startConsole } from './browser.ts';
import { offerOnBus } from './offer-on-bus.ts';

const PICTURES = process.env['KQ_PICTURES'];
const DURABLE = { mode: 'durable', deadlineMs: 60_000 } as const;
const kinds = { table: 'adt-events', key: { path: 'data.body.event' } };
const map = (exhausted: 'hold' | 'skip') => ({
  ...{ type: 'transform.map@1', id: 'n_map', label: '转为通知', handling: { exhausted } },
  config: { mapping: { rules: [{ to: 'kind', from: kinds }] } },
});
const send = (path: string) => ({
  ...{ type: 'http.call@1', id: 'n_send', label: '送丁医院', adapter: 'adp_his' },
  config: { method: 'POST', path, responseAs: 'json' },
});
const UNREADABLE = '对方已应答，但应答无法读取';

test(
  'the overview names every cause of what is held, the flow that fails most, and a cause has the same words on every page',
  { skip: noBrowser, timeout: 300_000 },
  async (t) => {
    const { city, open } = await startConsole(t);
    const hospital = await startHospital();
    t.after(() => hospital.stop());
    hospital.answer = () => ({ status: 200, html: '<html><body>Sign in</body></html>' });
    const environments = { DEV: { baseUrl: hospital.baseUrl } };
    await city.admin('PUT', '/adapters/adp_his', { ...adapterTo(hospital), environments });
    for (const name of ['beds', 'wards', 'visits', 'summaries']) {
      const flow = chainFlow(`flw_${name}`, [send(`/${name}`)], { name: { 'zh-CN': `上报 ${name}`, en: `Report ${name}` }, ...DURABLE });
      const give = await offerOnBus(city, flow);
      await give({});
    }
    const missing = chainFlow('flw_notice', [map('hold')], { name: { 'zh-CN': '入院通知', en: 'Notices' }, ...DURABLE });
    await (
      await offerOnBus(city, missing)
    )({ event: 'A08' });
    const failing = chainFlow('flw_lost', [map('skip')], { name: { 'zh-CN': '丢失的通知', en: 'Lost notices' }, ...DURABLE });
    const lose = await offerOnBus(city, failing);
    await lose({ event: 'A08' });
    await lose({ event: 'A09' });
    await until('all is held or failed', async () => {
      const { counts } = (await city.admin('GET', '/overview')) as { counts: Record<string, number> };
      return counts['held'] === 5 && counts['failed'] === 2;
    });

    const page = await open({ path: '/overview', roles: ['operator', 'viewer', 'analyst'] });
    const held = page.locator('[data-attention="held"]');
    await expect(held.getByText('代码表中没有这个代码 · 入院通知')).toBeVisible();
    await expect(held.getByText(`另有 1 组：${UNREADABLE}`)).toBeVisible();
    await expect(page.locator('[data-status="held"]')).toHaveText('5');
    const failed = page.locator('[data-attention="failed"]');
    await expect(failed.getByText('2 条中失败 2 条（100%）')).toBeVisible();
    await expect(failed.getByRole('link', { name: '丢失的通知' })).toHaveAttribute('href', '/messages?flow=flw_lost&status=failed');
    if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/overview-causes.png` });
    await page.goto('/adapters');
    await expect(page.getByRole('row', { name: /adp_his/ })).toContainText(UNREADABLE);
    await page.goto('/held');
    await expect(page.getByRole('heading', { name: new RegExp(`^${UNREADABLE}`) })).toBeVisible();
    await page.goto('/messages?flow=flw_beds&status=held');
    await page.getByRole('link', { name: /上报 beds/ }).click();
    await expect(page.getByRole('region', { name: /“送丁医院”/ }).getByText(UNREADABLE)).toBeVisible();
  },
);
