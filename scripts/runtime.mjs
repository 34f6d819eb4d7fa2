/**
 * Finds the product's own Node. For scripts that start on any Node of the machine that is 20 or newer, so this file
 * uses no TypeScript syntax. If the machine's Node is older or the packages are not installed, prints one clear
 * sentence and ends the process.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const OLDEST_BOOTSTRAP = 20;

/** The folder of the checkout, with a slash at the end. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Returns the path of the Node 24 in node_modules, which runs the TypeScript sources directly. */
export function findRuntime() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < OLDEST_BOOTSTRAP) {
    stopWith(
      `Kangqiao needs Node ${OLDEST_BOOTSTRAP} or newer to start; this is Node ${process.versions.node}. Install a newer one from https://nodejs.org and try again.`,
    );
  }
  const binary = `${root}node_modules/.bin/node`;
  if (!existsSync(binary)) stopWith('The packages are not installed yet. Run `npm ci` in this folder first, then try again.');
  return binary;
}

/** Runs the calling script again on the product's Node with the same arguments, unless it already runs on it. */
export function continueOnRuntime(scriptUrl) {
  const binary = findRuntime();
  if (Number(process.versions.node.split('.')[0]) >= 24) return;
  const result = spawnSync(binary, [fileURLToPath(scriptUrl), ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(result.status ?? 1);
}

/**
 * Runs a program of `node_modules` (path below it) on the product's Node. Returns exit code, all output and
 * milliseconds.
 */
export function runTool(script, args) {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(findRuntime(), [`${root}node_modules/${script}`, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', (error) => resolve({ code: 1, output: String(error), durationMs: performance.now() - started }));
    child.on('close', (code) => resolve({ code: code ?? 1, output, durationMs: performance.now() - started }));
  });
}

function stopWith(sentence) {
  console.error(sentence);
  process.exit(1);
}
