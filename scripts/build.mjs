/**
 * `npm run build`: builds the content of the npm package. Node does not run `.ts` below node_modules, so dist/ contains
 * compiled JavaScript with types. It also contains the files that the code reads at run time: help texts, locales, the
 * designer's pages, the example's documents.
 */
import fs from 'node:fs';
import { dirname } from 'node:path';
import { continueOnRuntime, root, runTool } from './runtime.mjs';

continueOnRuntime(import.meta.url);

const ASSETS = [
  'nodes/**/*.{md,json,svg,wasm}',
  'gateways/**/*.json',
  'designer/dist/**/*',
  'examples/**/*.{json,txt,xml,hl7,html,wsdl}',
  '{engine,storage,control,sdk,cli}/**/*.{json,wasm,html,css}',
];

fs.rmSync(`${root}dist`, { recursive: true, force: true });
const { code, output, durationMs } = await runTool('typescript/bin/tsc', ['-p', 'tsconfig.build.json']);
if (code !== 0) {
  console.error(`The sources do not compile:\n${output}`);
  process.exit(1);
}
await import('./build-designer.mjs');
await import('./build-sdk.mjs');
const copied = copyAssets();
const pointed = pointUrlsToJavaScript();
console.log(`dist/: compiled in ${(durationMs / 1000).toFixed(1)} s, ${copied} files copied, ${pointed} worker addresses adapted`);

function copyAssets() {
  const files = ASSETS.flatMap((pattern) => fs.globSync(pattern, { cwd: root }));
  for (const file of files) {
    if (fs.statSync(root + file).isDirectory()) continue;
    fs.mkdirSync(dirname(`${root}dist/${file}`), { recursive: true });
    fs.cpSync(root + file, `${root}dist/${file}`);
  }
  return files.length;
}

/**
 * Changes `.ts` to `.js` in `new URL('./worker.ts', import.meta.url)`, the address of a worker thread. TypeScript
 * rewrites only the endings in imports.
 */
function pointUrlsToJavaScript() {
  let count = 0;
  for (const file of fs.globSync('dist/**/*.js', { cwd: root })) {
    const text = fs.readFileSync(root + file, 'utf8');
    const changed = text.replace(/new URL\((['"])(\.[^'"]+)\.ts\1, import\.meta\.url\)/g, 'new URL($1$2.js$1, import.meta.url)');
    if (changed === text) continue;
    fs.writeFileSync(root + file, changed);
    count += 1;
  }
  return count;
}
