/** The cost of a start: packages that are not needed yet are not loaded, and nothing is compiled twice. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

const product = fileURLToPath(new URL('../../', import.meta.url));

/** Prints, at the end of the process, each package of node_modules from which it loaded a module. */
const TELL_PACKAGES = `data:text/javascript,${encodeURIComponent(`
import { registerHooks } from 'node:module';
const packages = new Set();
registerHooks({
  load(url, context, next) {
    const name = /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1];
    if (name !== undefined) packages.add(name);
    return next(url, context);
  },
});
process.on('exit', () => process.stdout.write('\\n' + JSON.stringify([...packages].sort())));
`)}`;

function packagesOf(...args: readonly string[]): readonly string[] {
  const out = execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', '--import', TELL_PACKAGES, ...args], {
    encoding: 'utf8',
    cwd: product,
  });
  return JSON.parse(out.split('\n').at(-1)!) as string[];
}

test('a command loads the parser of the command line and no other package until it does its work', () => {
  assert.deepEqual(packagesOf(join(product, 'bin/kangqiao.mjs'), 'version'), ['commander']);
});

test('what a command compiled is kept in the folder of the program', (t) => {
  const tree = mkdtempSync(join(tmpdir(), 'kq-compiled-'));
  t.after(() => rmSync(tree, { recursive: true, force: true }));
  mkdirSync(join(tree, 'bin'));
  cpSync(join(product, 'bin/kangqiao.mjs'), join(tree, 'bin/kangqiao.mjs'));
  for (const name of ['cli', 'node_modules', 'package.json']) symlinkSync(join(product, name), join(tree, name));
  const { NODE_COMPILE_CACHE: _cache, ...env } = process.env;
  execFileSync(process.execPath, [join(tree, 'bin/kangqiao.mjs'), 'version'], { env });
  const [version = ''] = readdirSync(join(tree, '.cache/compile'));
  assert.ok(readdirSync(join(tree, '.cache/compile', version)).length > 50);
});

test('a start loads no driver, mail client or maker of certificates before something needs it', () => {
  const program = `
    await import('./cli/roots/all-in-one.ts');
    const { loadNodes } = await import('./engine/registry/load-nodes.ts');
    await loadNodes([new URL('nodes/', ${JSON.stringify(pathToFileURL(product).href)})]);
    const { loadPolicies } = await import('./gateways/pipeline/load-policies.ts');
    await loadPolicies();`;
  const loaded = packagesOf('--input-type=module', '-e', program);
  assert.ok(loaded.includes('fastify'));
  const later = [
    'csv-parse',
    'csv-stringify',
    'saxes',
    'xpath',
    'liquidjs',
    'yauzl',
    'yazl',
    'mongodb',
    'pg',
    'bullmq',
    'ioredis',
    'nodemailer',
    'imapflow',
    'postal-mime',
    '@peculiar/x509',
    '@opentelemetry/sdk-trace',
    '@fastify/swagger',
    '@fastify/swagger-ui',
    'yaml',
  ];
  assert.deepEqual(
    later.filter((name) => loaded.includes(name)),
    [],
  );
});
