/** The console for a viewer: no patient data, nothing to change. And of secrets, no one sees more than the name. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test, { after, before } from 'node:test';
import type { Page } from '@playwright/test';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { makeWork, PATIENT, type Work } from '../support/busy-city.ts';
import { type Console, expect, goTo, noBrowser, startConsole } from './browser.ts';
import { listPages } from './page-list.ts';

const LIMIT = { skip: noBrowser, timeout: 1_200_000 };
const COVERED_MS = 3_000;
/** Asked with a body, changing nothing; a visit says that one has a flow open. */
const ASKING = /\/(validate|export|ports|visit|explain|calls\/search)$/;
/** The page of the person's own account. */
const OWN = 'me';
/** Its fields describe a request that is only judged. */
const SIMULATOR = 'calls/simulate';
const FIELDS = [
  'input:not([disabled], [readonly])',
  'textarea:not([disabled], [readonly])',
  '[contenteditable="true"]:not([aria-readonly="true"])',
  '[role="switch"]:not([disabled])',
  '.ant-select:not(.ant-select-disabled)',
].join();
const SECRET = 'planted-5a0e77c2-stored';

let console: Console;
let work: Work;
let pages: readonly string[];

before(async () => {
  if (noBrowser !== false) return;
  console = await startConsole();
  work = await makeWork(console.city);
  pages = [
    ...(await listPages(work)),
    `messages/${work.held}`,
    ...['try', 'tests', 'release'].map((panel) => `flows/flw_appointment?panel=${panel}`),
  ];
  const { city } = console;
  const flow = (await city.admin('GET', '/flows/flw_appointment')) as FlowDocument;
  const kept = { ...flow.tests[0]!, name: '一次真实的挂号', input: { data: { body: { patient: PATIENT } } } };
  await city.admin('PUT', '/flows/flw_appointment', { ...flow, tests: [kept] });
});
after(() => (noBrowser === false ? console.close() : undefined));

test('a viewer sees nothing of a patient and finds nothing to change anything with, on any page', LIMIT, async (context) => {
  const page = await openAs(['viewer']);
  const seen = collect(page);
  for (const path of pages)
    await context.test(path, async () => {
      await show(page, path);
      if (path !== OWN && path !== SIMULATOR) assert.deepEqual(await openFields(page), [], 'fields that can be changed');
      if (path !== OWN) await pressAll(page, path);
      assert.deepEqual(seen.changes.splice(0), [], 'what was asked of the platform');
      assert.deepEqual(await seen.found(Object.values(PATIENT)), []);
    });
  // The search itself finds the patient where one may be seen.
  const analyst = await openAs(['analyst']);
  const shown = collect(analyst);
  await show(analyst, 'flows/flw_appointment?panel=tests');
  assert.deepEqual(await shown.found([PATIENT.name]), [PATIENT.name]);
});

test('no page, answer or export shows a secret to any administrator', LIMIT, async (context) => {
  const security = await console.city.person(['security-admin']);
  assert.equal((await security.call('PUT', '/secrets/silent-password', { value: SECRET, adapters: ['adp_silent'] })).status, 200);
  const made = await security.call('POST', '/apps/CITIZENS/keys/secrets', { keyId: 'k9', scheme: 'HMAC-SM3' });
  const { secret } = made.json() as { secret: string };
  const secrets = [SECRET, secret, console.city.busToken, console.city.cliToken, security.password];
  for (const roles of [['system-admin', 'analyst', 'operator'], ['security-admin'], ['audit-admin']]) {
    const page = await openAs(roles);
    const seen = collect(page);
    for (const path of pages)
      await context.test(`${path} as ${roles[0]}`, async () => {
        await show(page, path);
        assert.deepEqual(await seen.found(secrets, await exported(page)), []);
      });
    await page.context().close();
  }
});

async function openAs(roles: readonly string[]): Promise<Page> {
  const page = await console.open({ path: '/me', roles, motion: 'reduced' });
  return page;
}

/** All that came to the page since it was last looked at, and whatever it asked for that could change something. */
function collect(page: Page) {
  const texts: Promise<string>[] = [];
  const changes: string[] = [];
  page.on('response', (response) => {
    const isAnswer = response.url().includes('/api/') && response.request().resourceType() !== 'eventsource';
    if (isAnswer) texts.push(response.text().catch(() => ''));
  });
  page.on('request', (request) => {
    if (request.method() !== 'GET' && !ASKING.test(request.url())) changes.push(`${request.method()} ${request.url()}`);
  });
  const all = async () => [...(await Promise.all(texts.splice(0))), await page.content()].join('\n');
  return {
    changes,
    /** Those of the values that came to the page, stand on it or are in `more`. */
    found: async (values: readonly string[], more = '') => {
      const text = `${await all()}${more}`;
      return values.filter((value) => text.includes(value));
    },
  };
}

async function show(page: Page, path: string): Promise<void> {
  await goTo(page, path);
  await page.locator('h1').first().waitFor();
  await expect(page.locator('.ant-skeleton, .ant-spin-spinning')).toHaveCount(0);
}

/**
 * Fields in which something could be typed or switched; searching, turning pages and refreshing is no change, nor is another view of the same,
 * nor what is asked of others (`data-asks`).
 */
function openFields(page: Page): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>(`[...document.querySelectorAll(${JSON.stringify(FIELDS)})]
    .filter((field) => field.closest('[role="search"], .ant-pagination, header, [data-asks="true"]') === null)
    .filter((field) => !['自动刷新', '归档'].includes(field.getAttribute('aria-label')))
    .filter((field) => field.closest('.ant-segmented') === null || field.closest('[data-pointer]') !== null)
    .map((field) => field.outerHTML.slice(0, 200))`);
}

/** Presses whatever can be pressed, and comes back where it leads away. */
async function pressAll(page: Page, path: string): Promise<void> {
  const buttons = page.locator('main button:visible:enabled');
  const count = await buttons.count();
  const names = new Set<string>();
  // An element that a click or a response removed in the meantime can no longer be clicked.
  for (let index = 0; index < Math.min(count, await buttons.count()); index += 1) {
    const button = buttons.nth(index);
    const name = (await button.getAttribute('aria-label')) ?? (await button.innerText());
    if (names.has(name)) continue;
    names.add(name);
    // What the press before opened may come late, and then lies over the button.
    await button.click({ timeout: COVERED_MS }).catch(async () => {
      await leaveDialog(page, path);
      await button.click();
    });
    await leaveDialog(page, path);
    if (!page.url().endsWith(path) || (await buttons.count()) !== count) await show(page, path);
  }
}

/** Whatever a press opened has no field to change. */
async function leaveDialog(page: Page, path: string): Promise<void> {
  const dialog = page.locator('[role="dialog"]:visible').first();
  if ((await dialog.count()) === 0) return;
  const isAsking = await dialog.getByRole('button', { name: '提交申请' }).isVisible();
  if (!isAsking) assert.deepEqual(await openFields(page), [], `fields in “${(await dialog.innerText()).slice(0, 40)}”`);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden', timeout: COVERED_MS }).catch(() => show(page, path));
}

/** What the page gives away as files. */
async function exported(page: Page): Promise<string> {
  const button = page.locator('main').getByRole('button', { name: '导出 CSV' }).first();
  if ((await button.count()) === 0 || (await button.isDisabled())) return '';
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
  return readFile(await download.path(), 'utf8');
}
