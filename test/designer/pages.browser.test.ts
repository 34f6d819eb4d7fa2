/** Every page, and what opens on it, in both languages, light and dark: no barrier, no crumb of the other language, nothing cut off. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import test, { after, before } from 'node:test';
import { expect, type Locator, type Page } from '@playwright/test';
import { noBrowser, startConsole, type Console } from './browser.ts';
import { makeWork, type Work } from '../support/busy-city.ts';
import { barriers, crumbs, cutOff, watchData, type Language } from './page-findings.ts';
import { listPages } from './page-list.ts';

const LIMIT = { skip: noBrowser, timeout: 400_000 };
const PATIENCE_MS = 30_000;
const COLOURS_MS = 5000;
/** Set it to a folder to look at the pictures: `KQ_PICTURES=/tmp/pictures`. */
const PICTURES = process.env['KQ_PICTURES'];

type Words = readonly [zhCN: string, en: string];
interface Scene {
  readonly path: string;
  readonly roles?: readonly string[];
  /** Done one after the other; words are those of a button. */
  readonly open?: readonly (Words | ((page: Page) => Promise<void>))[];
}

const EDITORS = ['analyst', 'operator', 'system-admin'];
const AUDITOR = ['audit-admin'];
const SECURITY = ['security-admin', 'analyst'];
const FLOW = 'flows/flw_appointment';
/** Pages in another state. */
const PLACES: readonly Scene[] = [
  ...['try', 'tests', 'problems', 'release'].map((panel) => ({ path: `${FLOW}?panel=${panel}` })),
  { path: 'flows/flw_none' },
  { path: 'flows', roles: AUDITOR },
];

/** What is opened by hand, over a page or beside it. */
const openingsOf = ({ held }: Work): readonly Scene[] => [
  { path: FLOW, open: [selectNode] },
  { path: FLOW, open: [(page) => page.keyboard.press('Control+k')] },
  { path: FLOW, open: [['快捷键', 'Shortcuts']] },
  { path: `${FLOW}?panel=try`, open: [runTrial] },
  { path: 'flows', open: [['新建流程', 'New flow']] },
  { path: `messages/${held}`, open: [['查看数据', 'Show the data']] },
  { path: 'held', open: [['全部重试', 'Retry all']] },
  { path: 'held', open: [['全部取消', 'Cancel all']] },
  { path: 'held', open: [openGroup] },
  { path: `messages/${held}/resend`, open: [['读取内容并更正', 'Read and correct']] },
  { path: 'interfaces/ifc_appointment_create', open: [['下线', 'Take offline']] },
  { path: 'adapters/adp_silent', open: [['测试连接', 'Test the connection']] },
  { path: 'code-tables', open: [['新建代码表', 'New code table']] },
  { path: 'accounts', open: [['新建账号', 'New account']] },
  { path: 'me', open: [['签发令牌', 'Issue a token']] },
  { path: 'secrets', roles: SECURITY, open: [['新建机密', 'New secret']] },
  { path: 'callers/CITIZENS', roles: SECURITY, open: [['上传公钥', 'Upload a public key']] },
  { path: 'callers/CITIZENS', roles: SECURITY, open: [['生成共享密钥', 'Make a shared secret']] },
  { path: 'audit', roles: AUDITOR, open: [['校验审计链', 'Verify the chain']] },
  { path: 'audit', roles: AUDITOR, open: [(page) => page.locator('tbody tr[tabindex]').first().click()] },
];

let console: Console;
let pages: readonly Scene[];
let openings: readonly Scene[];

before(async () => {
  if (noBrowser !== false) return;
  console = await startConsole();
  const work = await makeWork(console.city);
  pages = [...(await listPages(work)).map((path) => ({ path })), ...PLACES];
  openings = openingsOf(work);
  if (PICTURES !== undefined) await mkdir(PICTURES, { recursive: true });
});
after(() => (noBrowser === false ? console.close() : undefined));

test('every page can be read by everybody, in Chinese and in English, light and dark', LIMIT, async (context) => {
  const open = viewsOf('zh-CN');
  for (const scene of pages)
    await context.test(nameOf(scene), async () => {
      const view = await open(scene);
      await show(view, scene);
      await look(view, `${nameOf(scene)} zh-CN`);
      // The language changes on the open page, for all that stands on it.
      await turnTo(view.page, 'en');
      await view.settled();
      await look({ ...view, language: 'en' }, `${nameOf(scene)} en`, { isSameColours: true }).finally(() => turnTo(view.page, 'zh-CN'));
    });
});

for (const language of ['zh-CN', 'en'] as const) {
  test(`what opens on a page can be read by everybody, in ${language}, light and dark`, LIMIT, async (context) => {
    const open = viewsOf(language);
    for (const scene of openings)
      await context.test(nameOf(scene), async () => {
        const view = await open(scene);
        await show(view, scene);
        await look(view, `${nameOf(scene)} ${language}`);
      });
  });

  test(`the pages before the console can be read by everybody, in ${language}`, LIMIT, async () => {
    const view = await openView(language, ['viewer']);
    await view.page.context().clearCookies();
    await view.page.goto('/');
    await view.page.getByRole('textbox').first().waitFor();
    await look(view, `login ${language}`);
    const { name, oneTimePassword } = await newAccount();
    const [nameBox, passwordBox] = [view.page.locator('#name'), view.page.locator('#password')];
    await nameBox.fill(name);
    await passwordBox.fill('not this one');
    await passwordBox.press('Enter');
    await view.page.getByRole('alert').first().waitFor();
    await look(view, `login refused ${language}`);
    await passwordBox.fill(oneTimePassword);
    await passwordBox.press('Enter');
    await view.page.locator('#newPassword').waitFor();
    await look(view, `new password ${language}`);
    await view.page.context().close();
  });
}

interface View {
  readonly page: Page;
  readonly language: Language;
  readonly data: () => Promise<ReadonlySet<string>>;
  /** Nothing is loading any more. */
  settled(): Promise<void>;
}

/** A person of these roles whose look follows the machine. */
async function openView(language: Language, roles: readonly string[]): Promise<View> {
  const page = await console.open({ path: '/me', language, roles });
  page.setDefaultTimeout(PATIENCE_MS);
  const data = watchData(page);
  const waiting = new Set<unknown>();
  page.on('request', (request) => (request.resourceType() === 'eventsource' ? undefined : waiting.add(request)));
  page.on('requestfinished', (request) => waiting.delete(request));
  page.on('requestfailed', (request) => waiting.delete(request));
  // Colours and places are judged when they have arrived.
  await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'light' });
  await page.evaluate(`localStorage.setItem('kq.preferences', '${JSON.stringify({ language, look: 'system' })}')`);
  const settled = async () => {
    await page.locator('h1').first().waitFor();
    await expect(page.locator('.ant-skeleton, .ant-spin-spinning')).toHaveCount(0, { timeout: PATIENCE_MS });
    await expect.poll(() => waiting.size, { timeout: PATIENCE_MS }).toBe(0);
  };
  return { page, language, data, settled };
}

/** One person for each set of roles. */
function viewsOf(language: Language): (scene: Scene) => Promise<View> {
  const views = new Map<string, Promise<View>>();
  return ({ path, roles = path === 'audit' ? AUDITOR : EDITORS }) => {
    const view = views.get(roles.join()) ?? openView(language, roles);
    views.set(roles.join(), view);
    return view;
  };
}

async function show(view: View, { path, open = [] }: Scene): Promise<void> {
  await view.page.emulateMedia({ colorScheme: 'light' });
  await view.page.goto(`/${path}`);
  await view.settled();
  for (const step of open) await (typeof step === 'function' ? step(view.page) : press(view.page, wordIn(step, view.language)));
  await view.settled();
}

async function turnTo(page: Page, language: Language): Promise<void> {
  // Without the pointer, whose tooltip is no part of the page.
  await page.locator(`header button[lang="${language}"]`).dispatchEvent('click');
  await page.locator(`html[lang="${language}"]`).waitFor();
}

async function look({ page, language, data }: View, name: string, { isSameColours = false } = {}): Promise<void> {
  const found: string[] = [];
  for (const colorScheme of isSameColours ? [] : (['light', 'dark'] as const)) {
    await page.emulateMedia({ colorScheme });
    await page.locator(`html[data-scheme="${colorScheme}"]`).waitFor();
    await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
    await picture(page, `${name} ${colorScheme}`);
    // What is not a colour is the same in the dark.
    found.push(...(await barriersIn(page, colorScheme)).map((text) => `${colorScheme}: ${text}`));
  }
  if (isSameColours) await picture(page, name);
  found.push(...(await crumbs(page, language, await data())).map((text) => `of the other language: ${text}`), ...(await cutOff(page)));
  assert.deepEqual(found, []);
}

/** A page of many fields takes its time to change its colours: what is left of the other scheme is looked at again. */
async function barriersIn(page: Page, colorScheme: 'light' | 'dark'): Promise<readonly string[]> {
  if (colorScheme === 'light') return barriers(page);
  let left: readonly string[] = [];
  const look = async () => (left = await barriers(page, { rules: ['color-contrast'] })).length;
  await expect
    .poll(look, { timeout: COLOURS_MS })
    .toBe(0)
    .catch(() => undefined);
  return left;
}

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name.replaceAll(/[^\w-]+/g, '_')}.png` });
}

/** The button of this name: of what lies on top, where something does. */
async function press(page: Page, name: string): Promise<void> {
  await page.locator('main').getByRole('button', { name, exact: true }).first().click();
  await opened(page).waitFor();
}

/** Something over the page, or more on it. */
function opened(page: Page): Locator {
  return page.locator('[role="dialog"], [data-opened], main section, main ol').first();
}

async function selectNode(page: Page): Promise<void> {
  await page.locator('.react-flow__node-card').nth(1).click();
  await page.locator('aside [role="tab"]').first().waitFor();
}

async function openGroup(page: Page): Promise<void> {
  await page.locator('main tbody a').first().click();
  await page.locator('main dl').waitFor();
}

async function runTrial(page: Page): Promise<void> {
  await page.locator('aside .ant-btn-primary').first().click();
  await page.locator('.react-flow__node [role="img"]').first().waitFor();
}

async function newAccount() {
  const name = `first-${Date.now()}`;
  return {
    name,
    ...((await console.city.admin('POST', '/accounts', { name, displayName: name, roles: ['viewer'] })) as { oneTimePassword: string }),
  };
}

function wordIn([zhCN, en]: Words, language: Language): string {
  return language === 'en' ? en : zhCN;
}

function nameOf({ path, roles = [], open = [] }: Scene): string {
  const steps = open.map((step) => (typeof step === 'function' ? step.name || 'then' : step[1]));
  return [path, ...(roles.length === 0 ? [] : [roles[0]]), ...steps].join(' ');
}
