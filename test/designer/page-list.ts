/** The addresses of every page, of the routes themselves, so that a new page is not forgotten by tests that look at all of them. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Work } from '../support/busy-city.ts';

/** The value of `:name` in an address. */
const EXAMPLES: Readonly<Record<string, (work: Work) => string>> = {
  flowId: () => 'flw_appointment',
  adapterId: () => 'adp_hospital_a',
  executionId: ({ completed }) => completed,
  interfaceId: () => 'ifc_appointment_create',
  appId: () => 'CITIZENS',
  tableId: () => 'departments',
  '*': () => 'nowhere/at-all',
};

export async function listPages(work: Work): Promise<readonly string[]> {
  const source = await readFile(new URL('../../designer/src/shell/routes.tsx', import.meta.url), 'utf8');
  const paths = [...source.matchAll(/\bpage\('([^']+)'/g)].map(([, path = '']) => path);
  assert.ok(paths.length > 15, 'the routes are written in another way');
  return paths.map((path) =>
    path.replaceAll(/:(\w+)|\*/g, (whole, name: string | undefined) => {
      const example = EXAMPLES[name ?? whole];
      assert.ok(example !== undefined, `${path}: give an example of ${whole} in EXAMPLES`);
      return example(work);
    }),
  );
}
