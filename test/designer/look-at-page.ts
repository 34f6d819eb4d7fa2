/** Looks at a page as everybody: in both languages, light and dark, for barriers, crumbs of the other language and what is cut off. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import type { Locator, Page } from '@playwright/test';
import { type Console, expect } from './browser.ts';
import { barriers, crumbs, cutOff, watchData, type Language } from './page-findings.ts';

const COLOURS_MS = 5000;
/** Set it to a folder to look at the pictures: `KQ_PICTURES=/tmp/pictures`. */
const PICTURES = process.env['KQ_PICTURES'];

type Words = readonly [zhCN: string, en: string];
export interface Scene {
  readonly path: string;
  readonly roles?: readonly string[];
  /** A question that stays in the language in which it was asked: it is asked again in the other one. */
  readonly keepsLanguage?: true;
  /** Done one after the other; words are those of a button. */
  readonly open?: readonly (Words | ((page: Page) => Promise<void>))[];
}

const EDITORS = ['analyst', 'operator', 'system-admin'];
export const AUDITOR = ['audit-admin'];

/** What one scene is turned to, the next one begins with: so each turn is made once. */
export async function lookAtAll(context: TestContext, console: Console, scenes: readonly Scene[]): Promise<void> {
  const viewOf = openViews(console);
  for (const scene of scenes)
    await context.test(nameOf(scene), async () => {
      const view = await viewOf(scene);
      await show(view, scene);
      await look(view, nameOf(scene));
      // The language changes on the open page, for all that stands on it; its colours and parts stay the same.
      await turnLanguage(view);
      if (scene.keepsLanguage === true) await show(view, scene);
      else await view.settled();
      await picture(view, nameOf(scene));
      assert.deepEqual(await wrongWords(view), []);
    });
}

interface View {
  readonly page: Page;
  language: Language;
  colorScheme: 'light' | 'dark';
  readonly data: () => Promise<ReadonlySet<string>>;
  /** Nothing is loading any more. */
  settled(): Promise<void>;
}

/** A person of these roles whose look follows the machine. */
export async function openView(console: Console, language: Language, roles: readonly string[]): Promise<View> {
  // Colours and places are judged when they have arrived.
  const page = await console.open({ path: '/me', language, roles, motion: 'reduced' });
  const data = watchData(page);
  const waiting = new Set<unknown>();
  page.on('request', (request) => (request.resourceType() === 'eventsource' ? undefined : waiting.add(request)));
  page.on('requestfinished', (request) => waiting.delete(request));
  page.on('requestfailed', (request) => waiting.delete(request));
  await page.emulateMedia({ colorScheme: 'light' });
  await page.evaluate(`localStorage.setItem('kq.preferences', '${JSON.stringify({ language, look: 'system' })}')`);
  const settled = async () => {
    await page.locator('h1').first().waitFor();
    const underWay = async () => waiting.size + (await page.locator('.ant-skeleton, .ant-spin-spinning').count());
    await expect.poll(underWay, { intervals: [50] }).toBe(0);
  };
  return { page, language, colorScheme: 'light', data, settled };
}

/** One person for each set of roles. */
function openViews(console: Console): (scene: Scene) => Promise<View> {
  const views = new Map<string, Promise<View>>();
  return ({ path, roles = path === 'audit' ? AUDITOR : EDITORS }) => {
    const view = views.get(roles.join()) ?? openView(console, 'zh-CN', roles);
    views.set(roles.join(), view);
    return view;
  };
}

async function show(view: View, { path, open = [] }: Scene): Promise<void> {
  await view.page.goto(`/${path}`);
  await view.settled();
  for (const step of open) await (typeof step === 'function' ? step(view.page) : press(view.page, wordIn(step, view.language)));
  await view.settled();
}

async function turnLanguage(view: View): Promise<void> {
  const language = view.language === 'en' ? 'zh-CN' : 'en';
  // Without the pointer, whose tooltip is no part of the page, and which something may lie over.
  await view.page.locator(`header button[lang="${language}"]`).dispatchEvent('click');
  await view.page.locator(`html[lang="${language}"]`).waitFor();
  view.language = language;
}

export async function turnColours(view: View): Promise<void> {
  view.colorScheme = view.colorScheme === 'light' ? 'dark' : 'light';
  await view.page.emulateMedia({ colorScheme: view.colorScheme });
  await view.page.locator(`html[data-scheme="${view.colorScheme}"]`).waitFor();
  await view.page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
}

/** In the language that it has, light and dark. */
export async function look(view: View, name: string): Promise<void> {
  await picture(view, name);
  const found = [...(await barriers(view.page)).map((text) => `${view.colorScheme}: ${text}`), ...(await wrongWords(view))];
  await turnColours(view);
  await picture(view, name);
  // What is not a colour is the same in the other look.
  found.push(...(await wrongColours(view.page)).map((text) => `${view.colorScheme}: ${text}`));
  assert.deepEqual(found, []);
}

async function wrongWords({ page, language, data }: View): Promise<readonly string[]> {
  const left = await crumbs(page, language, await data());
  return [...left.map((text) => `of the other language: ${text}`), ...(await cutOff(page))];
}

/** A page of many fields takes its time to change its colours: what is left of the other scheme is looked at again. */
async function wrongColours(page: Page): Promise<readonly string[]> {
  let left: readonly string[] = [];
  const colours = async () => (left = await barriers(page, { rules: ['color-contrast'] })).length;
  await expect
    .poll(colours, { timeout: COLOURS_MS })
    .toBe(0)
    .catch(() => undefined);
  return left;
}

async function picture({ page, language, colorScheme }: View, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}/${`${name} ${language} ${colorScheme}`.replaceAll(/[^\w-]+/g, '_')}.png` });
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

function wordIn([zhCN, en]: Words, language: Language): string {
  return language === 'en' ? en : zhCN;
}

function nameOf({ path, roles = [], open = [] }: Scene): string {
  const steps = open.map((step) => (typeof step === 'function' ? step.name || 'then' : step[1]));
  return [path, ...(roles.length === 0 ? [] : [roles[0]]), ...steps].join(' ');
}
