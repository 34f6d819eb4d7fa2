import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Rule -> a file that breaks it, and what it imports. */
const planted: Readonly<Record<string, readonly [file: string, imported: string]>> = {
  'no-cycles': ['engine/run/cycle-a.ts', './cycle-b.ts'],
  'no-barrels': ['engine/trigger/index.ts', './lanes.ts'],
  resolvable: ['engine/run/lost.ts', './nowhere.ts'],
  'no-dev-packages': ['engine/run/dev.ts', 'fast-check'],
  'contract-is-a-leaf': ['engine/contract/heavy.ts', 'node:fs'],
  'threads-stand-on-the-contract': ['engine/threads/busy.ts', '../run/lanes.ts'],
  'schema-stands-on-contract-and-threads': ['engine/schema/check.ts', '../run/lanes.ts'],
  'functions-stand-on-the-contract': ['engine/functions/upward.ts', '../run/lanes.ts'],
  'engine-knows-no-server-or-driver': ['engine/host/web.ts', 'fastify'],
  'engine-is-below-everything': ['engine/run/upward.ts', '../../nodes/http/call.ts'],
  'flow-and-plan-are-pure': ['engine/plan/clock.ts', 'node:timers'],
  'flow-and-plan-know-only-themselves': ['engine/flow/impure.ts', '../run/lanes.ts'],
  'node-sees-contract-and-its-own': ['nodes/soap/foreign.ts', '../http/call.ts'],
  'node-uses-no-server-or-driver': ['nodes/http/server.ts', 'fastify'],
  'mapping-runs-in-a-browser': ['nodes/shared/mapping/files.ts', 'node:fs'],
  'policy-sees-the-contracts': ['gateways/policies/caller/grant.ts', '../volume/quota.ts'],
  'gateways-shared-is-below-policies': ['gateways/shared/upward.ts', '../policies/volume/quota.ts'],
  'gateways-reach-flows-by-run-flow': ['gateways/pipeline/engine.ts', '../../engine/run/lanes.ts'],
  'gateways-contract-is-a-leaf': ['gateways/documents/interface.ts', '../policies/volume/quota.ts'],
  'store-sees-contract-and-driver': ['storage/mongo/copied.ts', '../embedded/rows.ts'],
  'storage-is-below-everything': ['storage/upward.ts', '../engine/run/lanes.ts'],
  'only-open-storage-lists-backends': ['cli/open.ts', '../storage/embedded/rows.ts'],
  'control-sees-engine-and-gateway-contract': ['control/api/routes.ts', '../../gateways/policies/volume/quota.ts'],
  'actions-know-no-http': ['control/flows/served.ts', 'node:http'],
  'fastify-stays-at-the-edge': ['control/registry/served.ts', 'fastify'],
  'designer-sees-the-browser-parts': ['designer/canvas.ts', '../engine/run/lanes.ts'],
  'designer-model-is-pure': ['designer/src/model/drawn.ts', 'react'],
  'designer-kit-is-below-pages': ['designer/src/kit/upward.ts', '../pages/flows.ts'],
  'designer-shell-is-on-top': ['designer/src/pages/framed.ts', '../shell/shell.ts'],
  'designer-runs-in-a-browser': ['designer/files.ts', 'node:fs'],
  'sdk-sees-the-contract': ['sdk/inside.ts', '../engine/run/lanes.ts'],
  'sdk-runs-in-a-browser': ['sdk/core/files.ts', 'node:fs'],
  'sdk-core-knows-no-environment': ['sdk/browser/borrowed.ts', '../../storage/redis/own.ts'],
  'nobody-imports-a-root': ['control/auth/started.ts', '../../cli/start.ts'],
  'nobody-imports-tests': ['sdk/tested.ts', '../test/support/flows.ts'],
};

/** What the same rules allow: file and import. */
const allowed: readonly (readonly [file: string, imported: string])[] = [
  ['nodes/soap/own.ts', './envelope.ts'],
  ['nodes/soap/shared.ts', '../shared/xml/read.ts'],
  ['nodes/soap/contract.ts', '../../engine/contract/leaf.ts'],
  ['nodes/soap/threads.ts', '../../engine/threads/bounded.ts'],
  ['gateways/shared/threads.ts', '../../engine/threads/bounded.ts'],
  ['gateways/policies/caller/fine.ts', '../../../engine/contract/leaf.ts'],
  ['gateways/policies/caller/shared.ts', '../../shared/masks.ts'],
  ['gateways/contract.ts', './documents/interface.ts'],
  ['designer/plan.ts', '../gateways/documents/interface.ts'],
  ['storage/open-storage.ts', './embedded/rows.ts'],
  ['storage/redis/own.ts', '../shared/storage-backend.ts'],
  ['control/api/served.ts', 'fastify'],
  ['engine/flow/typed.ts', '../run/lanes.ts'],
];

/** Files that are imported above and are all right by themselves. */
const targets = [
  'engine/contract/leaf.ts',
  'engine/threads/bounded.ts',
  'engine/run/lanes.ts',
  'engine/trigger/lanes.ts',
  'nodes/http/call.ts',
  'nodes/soap/envelope.ts',
  'nodes/shared/xml/read.ts',
  'gateways/policies/volume/quota.ts',
  'gateways/shared/masks.ts',
  'storage/embedded/rows.ts',
  'storage/shared/storage-backend.ts',
  'designer/src/pages/flows.ts',
  'designer/src/shell/shell.ts',
  'cli/start.ts',
  'test/support/flows.ts',
];

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

let folder = '';
let violations: readonly Violation[] = [];

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kangqiao-boundaries-'));
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json']) cpSync(join(root, file), join(folder, file));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const [file, imported] of Object.values(planted)) plant(file, `import '${imported}';\n`);
  for (const [file, imported] of allowed) plant(file, `import ${file.endsWith('typed.ts') ? 'type { T } from ' : ''}'${imported}';\n`);
  for (const file of targets) plant(file, `import 'typebox';\nexport type T = 1;\n`);
  plant('engine/run/cycle-b.ts', `import './cycle-a.ts';\n`);
  plant('engine/run/alone.ts', `export const alone = 1;\n`);
  violations = await cruise();
});

after(() => rmSync(folder, { recursive: true, force: true }));

for (const [rule, [file, imported]] of Object.entries(planted)) {
  test(`${file} that imports ${imported} is refused by ${rule}`, () => {
    assert.ok(
      violations.some((violation) => violation.rule.name === rule && violation.from === file),
      `found for this file: ${rulesBrokenBy(file).join(', ') || 'nothing'}`,
    );
  });
}

for (const [file, imported] of allowed) {
  test(`${file} may import ${imported}`, () => assert.deepEqual(rulesBrokenBy(file), []));
}

test('a file that nobody imports and that imports nothing is refused', () => {
  assert.deepEqual(rulesBrokenBy('engine/run/alone.ts'), ['no-orphans']);
});

test('every rule has a planted violation here', async () => {
  const { default: rules } = (await import(join(root, '.dependency-cruiser.cjs'))) as {
    default: { forbidden: readonly { name: string }[] };
  };
  assert.deepEqual(rules.forbidden.map((rule) => rule.name).sort(), [...Object.keys(planted), 'no-orphans'].sort());
});

function plant(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

function rulesBrokenBy(file: string): string[] {
  return violations.filter((violation) => violation.from === file).map((violation) => violation.rule.name);
}

function cruise(): Promise<readonly Violation[]> {
  const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [program, '.', '--config', '.dependency-cruiser.cjs', '--output-type', 'json'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 64 << 20, timeout: 240_000 }, (error, stdout) => {
      if (!stdout) return reject(error ?? new Error('dependency-cruiser said nothing'));
      resolve((JSON.parse(stdout) as { summary: { violations: readonly Violation[] } }).summary.violations);
    });
  });
}
