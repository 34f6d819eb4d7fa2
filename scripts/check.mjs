/**
 * `npm run check [name …]`: checks lint, types (server, designer), boundaries, format and unused code. All checks run
 * even if one fails; each prints one line.
 */
import { mkdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { root, runTool } from './runtime.mjs';

const cache = 'node_modules/.cache';

/**
 * Minimum number of modules that must be found; with fewer, the check fails. dependency-cruiser uses an API that
 * TypeScript 7 lacks. With that version it would find no modules and pass.
 */
const FEWEST_MODULES = 50;

/** The checks, the longest first, so that the shorter ones run at the same time. */
const CHECKS = [
  { name: 'lint', script: 'eslint/bin/eslint.js', args: ['.', '--cache', '--cache-location', `${cache}/eslint/`, '--max-warnings', '0'] },
  {
    name: 'types',
    script: 'typescript/bin/tsc',
    args: ['-p', '.', '--incremental', '--tsBuildInfoFile', `${cache}/tsc/check.tsbuildinfo`],
  },
  {
    name: 'designer-types',
    script: 'typescript/bin/tsc',
    args: ['-p', 'designer', '--incremental', '--tsBuildInfoFile', `${cache}/tsc/designer.tsbuildinfo`],
  },
  {
    name: 'boundaries',
    script: 'dependency-cruiser/bin/dependency-cruise.mjs',
    args: ['.', '--config', '.dependency-cruiser.cjs'],
    judge: (output) => {
      const modules = Number(/\((\d+) modules/.exec(output)?.[1] ?? 0);
      return modules > FEWEST_MODULES
        ? undefined
        : `dependency-cruiser saw only ${modules} modules: it does not read the sources (is TypeScript still 6.0.x?)`;
    },
  },
  {
    name: 'format',
    script: 'prettier/bin/prettier.cjs',
    args: ['--check', '.', '--log-level', 'warn', '--cache', '--cache-location', `${cache}/prettier/cache`],
  },
  { name: 'unused', script: 'knip/bin/knip.js', args: ['--no-progress', '--cache', '--cache-location', `${cache}/knip`] },
];

/** Names that `npm run check` and `npm test` accept. */
export const checkNames = CHECKS.map((check) => check.name);

/**
 * Runs the named checks, two at a time because the machine has two cores. Returns name, result, output and milliseconds
 * of each check.
 */
export async function runChecks(names = checkNames, onDone = printCheck) {
  mkdirSync(`${root}${cache}/prettier`, { recursive: true });
  const waiting = CHECKS.filter((check) => names.includes(check.name));
  const results = [];
  const work = async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      const result = await runCheck(check);
      results.push(result);
      onDone(result);
    }
  };
  await Promise.all([work(), work()]);
  return results;
}

async function runCheck({ name, script, args, judge }) {
  const { code, output, durationMs } = await runTool(script, args);
  const doubt = code === 0 ? judge?.(output) : undefined;
  return { name, passed: code === 0 && doubt === undefined, output: doubt ?? output.trim(), durationMs };
}

function printCheck({ name, passed, output, durationMs }) {
  console.log(`${passed ? 'ok    ' : 'FAILED'}  ${name.padEnd(11)} ${(durationMs / 1000).toFixed(1)} s`);
  if (!passed) console.log(output.replace(/^/gm, '        '));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !checkNames.includes(name));
  if (unknown.length > 0) {
    console.error(`No such check: ${unknown.join(', ')}. There are ${checkNames.join(', ')}.`);
    process.exit(1);
  }
  const results = await runChecks(asked.length > 0 ? asked : checkNames);
  process.exitCode = results.every((result) => result.passed) ? 0 : 1;
}
