/** What the system page says of an audit trail that is not the one that was written, in a real browser; the answer of the API is put in its place. */
import test from 'node:test';
import type { IntegrityView } from '../../designer/src/api/operations.ts';
import { expect, noBrowser, startConsole } from './browser.ts';

const LIMIT = { skip: noBrowser, timeout: 240_000 };
const nothing: IntegrityView = { isEnforced: true, findings: [], breaks: [], older: [] };

test('broken lines and a missing head are named, and the security administrator is offered to accept the trail', LIMIT, async (t) => {
  const console = await startConsole(t);
  let view: IntegrityView = {
    ...nothing,
    trail: { why: 'broken', lines: 900, line: 7 },
    breaks: [
      { number: 7, to: 9, why: 'missing', isAccepted: false },
      { number: 3, to: 3, why: 'changed', isAccepted: true },
    ],
  };
  const page = await console.open({ roles: ['security-admin'], path: '/' });
  await page.route('**/api/v1/integrity', (route) => route.fulfill({ json: view }));
  await page.goto('/system');
  const alert = page.getByRole('alert').filter({ hasText: '审计链' });
  await expect(alert).toContainText('系统只读，不处理消息');
  await expect(alert.getByRole('listitem')).toHaveText(['第 7–9 行：记录缺失']);
  await expect(alert.getByRole('button', { name: '接受当前审计链' })).toBeVisible();

  view = { ...nothing, headMissingSince: Date.now() };
  await page.reload();
  await expect(alert).toContainText('审计链末端签名文件缺失');
  await expect(alert.getByRole('button', { name: '接受当前审计链' })).toBeVisible();
});
