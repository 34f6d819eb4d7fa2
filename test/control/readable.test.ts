import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROUTES } from '../../control/api/routes.ts';
import { startControl } from './start-control.ts';

/** Every role together, so that no list is refused. */
const ROLES = ['system-admin', 'security-admin', 'audit-admin', 'analyst', 'operator', 'viewer'];
/** Needs a parameter that is not part of its path. */
const WITH_QUERY: ReadonlySet<string> = new Set(['flows.uses', 'audit.objects']);

test('every address without a parameter can be read on an empty installation', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const readers = [running.admin];
  for (const role of ROLES) readers.push(await running.person(`reader-${role}`, [role]));
  const failed: string[] = [];
  for (const { action, method, path } of ROUTES) {
    if (method !== 'GET' || path.includes(':') || WITH_QUERY.has(action)) continue;
    const statuses: number[] = [];
    for (const reader of readers) statuses.push((await reader.call('GET', path)).status);
    if (!statuses.includes(200) || statuses.some((status) => status !== 200 && status !== 403))
      failed.push(`${action}: ${statuses.join(' ')}`);
  }
  assert.deepEqual(failed, []);
});
