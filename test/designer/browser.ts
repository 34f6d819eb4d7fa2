/** A real Chromium on a running platform, for tests that do what a person does. */
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { chromium, type Browser, type Page } from '@playwright/test';
import { openCity, type City } from '../support/city.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';

const CHROMIUM = '/usr/bin/chromium';
const ACTION_MS = 10_000;

/** Reason to skip a browser test on a machine without Chromium; false where there is one. `test(title, { skip: noBrowser }, …)` */
export const noBrowser = existsSync(CHROMIUM) ? false : 'no Chromium on this machine (apt-get install chromium fonts-noto-cjk)';

export interface Console {
  readonly platform: Platform;
  readonly city: City;
  readonly browser: Browser;
  /** A page logged in as a new person with these roles, in its own browser profile. */
  open(options?: OpenOptions): Promise<Page>;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly roles?: readonly string[];
  readonly path?: string;
  readonly language?: 'zh-CN' | 'en';
  readonly look?: 'light' | 'dark';
  readonly width?: 1280 | 1920;
}

/** The example city with its console, in a scratch folder; closed after the test (or by `close`). */
export async function startConsole(context?: TestContext): Promise<Console> {
  const scratch = await makeScratch();
  const platform = await startPlatform({ scratch, ports: await choosePorts(), example: true });
  const city = await openCity(platform);
  const browser = await launchBrowser();
  const close = async () => {
    await browser.close();
    await city.close();
    platform.process.kill('SIGKILL');
    await removeScratch(scratch);
  };
  context?.after(close);
  return { platform, city, browser, open: (options) => openPage(browser, city, options), close };
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

async function openPage(browser: Browser, city: City, options: OpenOptions = {}): Promise<Page> {
  const { roles = ['analyst', 'operator'], path = '/', language = 'zh-CN', look = 'light', width = 1280 } = options;
  const { cookie } = await city.person(roles);
  const [name = '', value = ''] = cookie.split('=');
  const context = await browser.newContext({
    viewport: { width, height: width === 1280 ? 800 : 1080 },
    locale: language,
    baseURL: city.control,
  });
  await context.addCookies([{ name, value, url: city.control }]);
  await context.addInitScript((preferences) => {
    if (localStorage.getItem('kq.preferences') === null) localStorage.setItem('kq.preferences', preferences);
  }, JSON.stringify({ language, look }));
  const page = await context.newPage();
  page.setDefaultTimeout(ACTION_MS);
  await page.goto(path);
  return page;
}
