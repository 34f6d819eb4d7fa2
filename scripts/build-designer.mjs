/**
 * `npm run build:designer`: bundles the designer if its sources have changed since the last build (`--force`:
 * always). Runs at `npm ci` and before `npm start`. Without the development packages, the built files must already
 * exist.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { continueOnRuntime, root, runTool } from './runtime.mjs';

continueOnRuntime(import.meta.url);

const SOURCES = [
  'designer/{index.html,vite.config.ts,tsconfig.json}',
  'designer/{src,public}/**/*',
  'engine/{contract,flow,expression}/**/*.ts',
  'nodes/shared/mapping/**/*.ts',
  'package-lock.json',
];
const STAMP = `${root}designer/dist/built-from`;

const digest = digestOf(SOURCES);
const isFresh = fs.existsSync(STAMP) && fs.readFileSync(STAMP, 'utf8') === digest;
if (!isFresh || process.argv.includes('--force')) await build();

async function build() {
  console.log('designer: building …');
  const { code, output, durationMs } = await runTool('vite/bin/vite.js', ['build', 'designer', '--logLevel', 'warn']);
  if (code !== 0) {
    console.error(`The designer does not build:\n${output}`);
    process.exit(1);
  }
  fs.writeFileSync(STAMP, digest);
  console.log(`designer: built in ${(durationMs / 1000).toFixed(1)} s`);
}

function digestOf(patterns) {
  const hash = createHash('sha256');
  const files = patterns.flatMap((pattern) => fs.globSync(pattern, { cwd: root, withFileTypes: false })).sort();
  for (const file of files) {
    if (!fs.statSync(root + file).isFile()) continue;
    hash
      .update(file)
      .update('\0')
      .update(fs.readFileSync(root + file))
      .update('\0');
  }
  return hash.digest('hex');
}
