/** A real Chromium on a running platform, for tests that do what a person does. */
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { chromium, expect as playwrightExpect, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { openCity, type City } from '../support/city.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';

/** Chromium without windows: draws pages as the other does, for four fifths of the work. */
const CHROMIUM = '/usr/lib/chromium/chromium-headless-shell';
/** What a page may take on a loaded machine: no test judges how fast it is. */
export const PATIENCE_MS = 30_000;

export const expect = playwrightExpect.configure({ timeout: PATIENCE_MS });

/** Reason to skip a browser test on a machine without Chromium; false where there is one. `test(title, { skip: noBrowser }, …)` */
export const noBrowser = existsSync(CHROMIUM)
  ? false
  : 'no Chromium on this machine (apt-get install chromium-headless-shell fonts-noto-cjk)';

export interface Console {
  readonly city: City;
  /** PEM of the authority that the platform's certificate comes from. */
  readonly ca: string;
  readonly browser: Browser;
  /** A page logged in as a new person with these roles, in its own browser profile. */
  open(options?: OpenOptions): Promise<Page>;
  /** The page of a new person who has not logged in yet. */
  arrive(options?: OpenOptions): Promise<Arrival>;
  /** The password of the person whose page it is. */
  passwordOf(page: Page): string;
  /** Kills the platform and starts it again on the same addresses and data, with other settings if given; `meanwhile` it is away. */
  restart(meanwhile: () => Promise<void>, environment?: Readonly<Record<string, string>>): Promise<void>;
  close(): Promise<void>;
}

export interface Arrival {
  readonly page: Page;
  readonly name: string;
  readonly password: string;
}

export interface OpenOptions {
  readonly roles?: readonly string[];
  /** Absent: all. */
  readonly domains?: readonly string[];
  readonly path?: string;
  readonly language?: 'zh-CN' | 'en';
  readonly look?: 'light' | 'dark';
  readonly width?: 1280 | 1920;
  /** For whom nothing moves: where each page is looked at or pressed through, and how something opens is not the question. */
  readonly motion?: 'reduced';
}

/** The example city with its console, in a scratch folder, by this checkout's program or another; closed after the test (or by `close`). */
export async function startConsole(context?: TestContext, { program }: { readonly program?: string } = {}): Promise<Console> {
  const scratch = await makeScratch();
  const options = { scratch, ports: await choosePorts(), example: true, ...(program === undefined ? {} : { program }) };
  let platform: Platform | undefined = await startPlatform(options);
  const city = await openCity(platform);
  const browser = await launchBrowser();
  const passwords = new WeakMap<Page, string>();
  const close = async () => {
    await browser.close();
    await city.close();
    platform?.process.kill('SIGKILL');
    await removeScratch(scratch);
  };
  context?.after(close);
  return {
    city,
    ca: platform.ca,
    browser,
    async open(wishes) {
      const { page, password } = await openPage(browser, city, true, wishes);
      passwords.set(page, password);
      return page;
    },
    arrive: (wishes) => openPage(browser, city, false, wishes),
    passwordOf: (page) => passwords.get(page) ?? '',
    async restart(meanwhile, environment = {}) {
      await platform?.end('SIGKILL');
      platform = undefined;
      await meanwhile();
      platform = await startPlatform({ ...options, environment });
    },
    close,
  };
}

/** The password in the dialog that acts with far-reaching effects open. */
export async function giveAgain(page: Page, password: string): Promise<void> {
  const dialog = page.getByRole('dialog', { name: /^(再次确认身份|Confirm that it is you)$/ });
  await dialog.getByLabel(/^(密码|Password)$/).fill(password, { timeout: PATIENCE_MS });
  await dialog.getByRole('button', { name: /^(确认并执行|Confirm and continue)$/ }).click();
}

/** No page has it. */
const NOWHERE = 'nowhere';
const TURN_MS = 5_000;

const LAUNCH = { executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] };

export function launchBrowser(): Promise<Browser> {
  return chromium.launch(LAUNCH);
}

/** A browser that keeps what it knows in this folder, as a person's own does. */
export function launchProfile(folder: string, baseURL: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, { ...LAUNCH, viewport: { width: 1280, height: 800 }, locale: 'zh-CN', baseURL });
}

/**
 * Goes to a page of the open console as a press on a link does: what is loaded stays, which saves two thirds of the work of `page.goto`.
 * Goes through an address without a page, so that the same page is loaded again too; `page.goto` also leaves dialogs that stay open.
 */
export async function goTo(page: Page, path: string): Promise<void> {
  if (!new URL(page.url()).pathname.startsWith(`/${NOWHERE}`)) await turnTo(page, NOWHERE);
  const isOver = (await page.locator('[role="dialog"]:visible').count()) > 0;
  if (isOver || path.startsWith(NOWHERE)) await page.goto(`/${path}`);
  else await turnTo(page, path);
}

/** Until the title of another page is there. None comes where a press was leading away already: then by the address. */
async function turnTo(page: Page, path: string): Promise<void> {
  await page.evaluate(`for (const title of document.querySelectorAll('h1')) title.dataset.left = '';
    history.pushState({}, '', ${JSON.stringify(`/${path}`)});
    dispatchEvent(new PopStateEvent('popstate', { state: {} }));`);
  const title = page.locator('h1:not([data-left])').first();
  await title.waitFor({ timeout: TURN_MS }).catch(() => page.goto(`/${path}`));
}

async function openPage(browser: Browser, city: City, isLoggedIn: boolean, options: OpenOptions = {}): Promise<Arrival> {
  const { roles = ['analyst', 'operator'], domains, path = '/', language = 'zh-CN', look = 'light', width = 1280, motion } = options;
  const { name: account, cookie, password } = await city.person(roles, domains);
  const [name = '', value = ''] = cookie.split('=');
  const context = await browser.newContext({
    viewport: { width, height: width === 1280 ? 800 : 1080 },
    locale: language,
    baseURL: city.control,
    reducedMotion: motion === 'reduced' ? 'reduce' : 'no-preference',
  });
  if (isLoggedIn) await context.addCookies([{ name, value, url: city.control }]);
  await context.addInitScript((preferences) => {
    if (localStorage.getItem('kq.preferences') === null) localStorage.setItem('kq.preferences', preferences);
  }, JSON.stringify({ language, look }));
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(path);
  return { page, name: account, password };
}
