/** What opens on a page or over it, in both languages, light and dark: no barrier, no crumb of the other language, nothing cut off. */
import test, { after, before } from 'node:test';
import type { Page } from '@playwright/test';
import { makeWork, type Work } from '../support/busy-city.ts';
import { noBrowser, startConsole, type Console } from './browser.ts';
import { AUDITOR, lookAtAll, type Scene } from './look-at-page.ts';

const LIMIT = { skip: noBrowser, timeout: 1_200_000 };
const SECURITY = ['security-admin', 'analyst'];
const FLOW = 'flows/flw_appointment';

const openingsOf = ({ held }: Work): readonly Scene[] => [
  { path: FLOW, open: [selectNode] },
  { path: FLOW, open: [(page) => page.keyboard.press('Control+k')] },
  { path: FLOW, open: [['快捷键', 'Shortcuts']] },
  { path: `${FLOW}?panel=try`, open: [runTrial] },
  { path: 'flows', open: [['新建流程', 'New flow']] },
  { path: 'flows', open: [['导入', 'Import']] },
  { path: 'flows', open: [openExport], keepsLanguage: true },
  { path: `messages/${held}`, open: [['查看数据', 'Show the data']] },
  { path: 'held', open: [['全部重试', 'Retry all']] },
  { path: 'held', open: [['全部取消', 'Cancel all']] },
  { path: 'held', open: [openGroup] },
  { path: `messages/${held}/resend`, open: [['读取内容并更正', 'Read and correct']] },
  { path: 'interfaces/ifc_appointment_create', open: [['下线', 'Take offline']], keepsLanguage: true },
  { path: 'calls?interface=ifc_appointment_create', open: [openCall] },
  { path: 'calls?interface=ifc_appointment_create', open: [openCall, askForBodies] },
  { path: 'calls/simulate?interface=ifc_appointment_create', open: [['模拟', 'Simulate']] },
  { path: 'adapters/adp_silent', open: [['测试连接', 'Test the connection']] },
  { path: 'code-tables', open: [['新建代码表', 'New code table']] },
  { path: 'accounts', open: [['新建账号', 'New account']] },
  { path: 'me', open: [['签发令牌', 'Issue a token']] },
  { path: 'security', roles: SECURITY, open: [['新建名单', 'New list']] },
  { path: 'security?tab=object-rules', roles: SECURITY, open: [['新建规则组', 'New rule set']] },
  { path: 'security?tab=unprotected', roles: SECURITY },
  { path: 'security?tab=blocked-callers', roles: SECURITY, open: [['加入黑名单', 'Block']] },
  { path: 'security?tab=safe-sites', roles: SECURITY, open: [['添加站点', 'Add a site']] },
  { path: 'security?tab=services', open: [['新建服务', 'New service']] },
  { path: 'secrets', roles: SECURITY, open: [['新建凭据', 'New secret']] },
  { path: 'callers/CITIZENS', roles: SECURITY, open: [['上传公钥', 'Upload a public key']] },
  { path: 'callers/CITIZENS', roles: SECURITY, open: [['生成共享密钥', 'Create a shared secret']] },
  { path: 'alarms?tab=rules' },
  { path: 'alarms?tab=receivers', open: [['新建接收人', 'New receiver']] },
  { path: 'alarms?tab=receivers', open: [['设置: 邮件服务器', 'Set up: Mail server']] },
  { path: 'alarms?tab=silences', open: [['新建屏蔽', 'New silence']] },
  { path: 'audit', roles: AUDITOR, open: [['校验审计链', 'Verify the chain']] },
  { path: 'audit', roles: AUDITOR, open: [(page) => page.locator('tbody tr[tabindex]').first().click()] },
];

let console: Console;
let openings: readonly Scene[];

before(async () => {
  if (noBrowser !== false) return;
  console = await startConsole();
  openings = openingsOf(await makeWork(console.city));
});
after(() => (noBrowser === false ? console.close() : undefined));

test('what opens on a page can be read by everybody, in Chinese and in English, light and dark', LIMIT, (context) =>
  lookAtAll(context, console, openings),
);

async function selectNode(page: Page): Promise<void> {
  await page.locator('.react-flow__node-card').nth(1).click();
  await page.locator('aside [role="tab"]').first().waitFor();
}

async function openExport(page: Page): Promise<void> {
  await page.locator('tbody .ant-dropdown-trigger').first().click();
  await page.getByRole('menuitem', { name: /导出|Export/ }).click();
  await page.getByRole('dialog').waitFor();
}

async function openGroup(page: Page): Promise<void> {
  await page.locator('main tbody a').first().click();
  await page.locator('main dl').waitFor();
}

async function openCall(page: Page): Promise<void> {
  await page.locator('tbody tr[tabindex]').first().click();
  await page.getByRole('dialog').locator('[data-decision]').waitFor();
}

async function askForBodies(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^(查看报文|Show the bodies)$/ }).click();
  await page.getByRole('textbox', { name: /理由|Reason/ }).waitFor();
}

async function runTrial(page: Page): Promise<void> {
  await page.locator('aside .ant-btn-primary').first().click();
  await page.locator('.react-flow__node [role="img"]').first().waitFor();
}
