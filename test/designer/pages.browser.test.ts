/** Every page, in both languages, light and dark: no barrier, no crumb of the other language, nothing cut off. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { makeWork } from '../support/busy-city.ts';
import { noBrowser, startConsole, type Console } from './browser.ts';
import { AUDITOR, look, lookAtAll, openView, turnColours, type Scene } from './look-at-page.ts';
import { listPages } from './page-list.ts';

const LIMIT = { skip: noBrowser, timeout: 1_200_000 };
const FLOW = 'flows/flw_appointment';
/** Pages in another state. */
const PLACES: readonly Scene[] = [
  ...['try', 'tests', 'problems', 'release'].map((panel) => ({ path: `${FLOW}?panel=${panel}` })),
  { path: 'flows/flw_none' },
  { path: 'flows', roles: AUDITOR },
];

let console: Console;
let pages: readonly Scene[];

before(async () => {
  if (noBrowser !== false) return;
  console = await startConsole();
  pages = [...(await listPages(await makeWork(console.city))).map((path) => ({ path })), ...PLACES];
});
after(() => (noBrowser === false ? console.close() : undefined));

test('every page can be read by everybody, in Chinese and in English, light and dark', LIMIT, (context) =>
  lookAtAll(context, console, pages),
);

test('for who asks the machine for less motion nothing moves: no transition runs when the colours turn', LIMIT, async () => {
  const view = await openView(console, 'zh-CN', ['viewer']);
  const { page } = view;
  await page.goto('/flows');
  await view.settled();
  await page.evaluate('addEventListener("transitionrun", () => (document.body.dataset.moved = "yes"))');
  await turnColours(view);
  assert.equal(await page.locator('body').getAttribute('data-moved'), null);
  await page.context().close();
});

for (const language of ['zh-CN', 'en'] as const) {
  test(`the pages before the console can be read by everybody, in ${language}`, LIMIT, async () => {
    const view = await openView(console, language, ['viewer']);
    await view.page.context().clearCookies();
    await view.page.goto('/');
    await view.page.getByRole('textbox').first().waitFor();
    await look(view, 'login');
    const { name, oneTimePassword } = await newAccount();
    const [nameBox, passwordBox] = [view.page.locator('#name'), view.page.locator('#password')];
    await nameBox.fill(name);
    await passwordBox.fill('not this one');
    await passwordBox.press('Enter');
    await view.page.getByRole('alert').first().waitFor();
    await look(view, 'login refused');
    await passwordBox.fill(oneTimePassword);
    await passwordBox.press('Enter');
    await view.page.locator('#newPassword').waitFor();
    await look(view, 'new password');
    await view.page.context().close();
  });
}

async function newAccount() {
  const name = `first-${Date.now()}`;
  return {
    name,
    ...((await console.city.admin('POST', '/accounts', { name, displayName: name, roles: ['viewer'] })) as { oneTimePassword: string }),
  };
}
