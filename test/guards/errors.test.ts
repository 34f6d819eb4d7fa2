/** docs/errors.md and the code name the same errors. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { listGatewayErrors } from '../../gateways/errors.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const sources = globSync('{engine,nodes,storage,gateways,control,sdk,cli}/**/*.ts', { cwd: root }).sort();

/** Codes of Node itself and of undici that the sources compare with, and variables of the environment. */
const FOREIGN = /^(ERR_|UND_ERR_|MODULE_|KQ_|LC_)/;
/** `AREA_WHAT` in quotes is an error code wherever it stands: the few makers of errors (`refuse`, `problem`, `issue` …) take it as an argument. */
const CODE = /'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g;

/** What a form shows as an example is no error of ours. */
const EXAMPLE = /\bexample: '[^']*'/g;

const documented = codesOfPage();

test('every error code of the code stands in docs/errors.md', () => {
  const missing = [...codesOfSources()].filter(([code]) => !documented.has(code)).map(([code, file]) => `${code} (${file})`);
  assert.deepEqual(missing, []);
});

test('every error code of docs/errors.md is one of the code', () => {
  const known = codesOfSources();
  assert.deepEqual(
    [...documented.keys()].filter((code) => !known.has(code)),
    [],
  );
});

test('docs/errors.md names no code twice', () => {
  assert.deepEqual(
    [...documented].filter(([, rows]) => rows.length > 1).map(([code]) => code),
    [],
  );
});

test('the kinds in docs/errors.md are those with which the code makes the error', () => {
  const wrong = [...kindsOfSources()].flatMap(([code, kinds]) => {
    const said = documented.get(code)?.[0]?.[1] ?? '';
    return [...kinds].filter((kind) => !said.split(', ').includes(kind)).map((kind) => `${code} is also ${kind}, the page says: ${said}`);
  });
  assert.deepEqual(wrong, []);
});

test('docs/errors.md gives the HTTP status of every refusal of the gateways', () => {
  for (const { code, status } of listGatewayErrors()) assert.equal(documented.get(code)?.[0]?.[1], String(status), code);
});

function codesOfSources(): Map<string, string> {
  const codes = new Map<string, string>(listGatewayErrors().map(({ code }) => [code, 'gateways/errors.ts']));
  for (const file of sources) {
    for (const [, code] of textOf(file).replaceAll(EXAMPLE, '').matchAll(CODE))
      if (!FOREIGN.test(code!) && !codes.has(code!)) codes.set(code!, file);
  }
  return codes;
}

/** Where code and kind stand side by side; kinds that are decided at run time cannot be read here. */
function kindsOfSources(): Map<string, Set<string>> {
  const kinds = new Map<string, Set<string>>();
  for (const file of sources) {
    for (const [, code, kind] of textOf(file).matchAll(/AppError\(\s*'([A-Z0-9_]+)',\s*'(input|transient|unknown-outcome|bug)'/g)) {
      kinds.set(code!, (kinds.get(code!) ?? new Set()).add(kind!));
    }
  }
  return kinds;
}

/** Code -> its rows in the page, each as the cells of the table. */
function codesOfPage(): Map<string, string[][]> {
  const rows = new Map<string, string[][]>();
  for (const line of textOf('docs/errors.md').split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim());
    const code = /^`([A-Z0-9_]+)`$/.exec(cells[1] ?? '')?.[1];
    if (code !== undefined) rows.set(code, [...(rows.get(code) ?? []), cells.slice(1)]);
  }
  return rows;
}

function textOf(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}
