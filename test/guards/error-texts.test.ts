/** Every error has a Chinese text, and the Chinese text speaks of values that the code gives. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { errorTemplates } from '../../engine/contract/error-texts/error-texts.ts';
import { words } from '../../engine/contract/error-texts/words.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');
const sources = globSync('{engine,nodes,storage,gateways,control,sdk,cli}/**/*.ts', {
  cwd: root,
  exclude: (file) => file.includes('error-texts'),
}).map(textOf);
const documented = [...textOf('docs/errors.md').matchAll(/^\| `([A-Z0-9_]+)`/gm)].map(([, code]) => code!);

test('every code of docs/errors.md has a Chinese text', () => {
  assert.deepEqual(
    documented.filter((code) => !Object.hasOwn(errorTemplates, code)),
    [],
  );
});

test('every Chinese text is of a documented code or of a breach of a schema', () => {
  const known = new Set([...documented, 'schema']);
  assert.deepEqual(
    Object.keys(errorTemplates).filter((key) => !known.has(key.split('/')[0]!)),
    [],
  );
});

test('the texts are Chinese sentences, without a full stop behind what happened and with one behind what to do', () => {
  for (const [key, { what, fix }] of Object.entries(errorTemplates)) {
    assert.match(what, /\p{Script=Han}/u, key);
    assert.doesNotMatch(what, /[。.]$/, key);
    if (fix !== undefined) assert.match(fix, /\p{Script=Han}[^]*[。？]$|^执行：/u, key);
    assert.doesNotMatch(what + (fix ?? ''), /[A-Za-z]{3,} [A-Za-z]{3,} [A-Za-z]{3,}/, `${key} holds an English phrase`);
  }
});

test('brackets and braces of the templates are closed', () => {
  for (const [key, { what, fix = '' }] of Object.entries(errorTemplates)) {
    for (const text of [what, fix]) {
      const optional = text.replaceAll(/\[[^[\]]*\{[A-Za-z]+\}[^[\]]*\]/g, '');
      assert.doesNotMatch(optional, /\[[^\]]*$/, `${key}: ${text}`);
      assert.equal(text.split('[').length, text.split(']').length, `${key}: ${text}`);
    }
  }
});

/**
 * What regular expressions can see: a placeholder must be the name of a value somewhere within the lines about its code, or be made by
 * `schema-problem.ts`. Values that a function adds for many codes at once (`node` by `nodeIssue`, `rule` by the mapping) are looked for in
 * the whole source.
 */
test('placeholders of the Chinese texts are values that the code gives', () => {
  const nearby = nearbyText();
  const wrong = Object.entries(errorTemplates).flatMap(([key, { what, fix = '' }]) => {
    const [code, problem] = key.split('/') as [string, string | undefined];
    const near = code === 'schema' ? textOf('engine/contract/schema/schema-problem.ts') : (nearby.get(code) ?? '');
    const names = [...`${what}${fix}`.matchAll(/\{([A-Za-z]+)\}/g)].map(([, name]) => name!);
    const absent = names.filter((name) => !GIVEN_BY_MAKERS.has(name) && !new RegExp(`\\b${name}\\b`).test(near));
    const isProblemGiven = problem === undefined || code === 'schema' || sources.some((source) => isProblem(source, problem));
    return [...absent.map((name) => `${key}: {${name}}`), ...(isProblemGiven ? [] : [`${key}: nothing gives this problem`])];
  });
  assert.deepEqual(wrong, []);
});

test('words are given for names of values that a text shows', () => {
  const shown = new Set(Object.values(errorTemplates).flatMap(({ what, fix = '' }) => `${what}${fix}`.match(/\{[A-Za-z]+\}/g) ?? []));
  assert.deepEqual(
    Object.keys(words).filter((name) => !shown.has(`{${name}}`)),
    [],
  );
});

/** Added by `nodeIssue` and by `compile-mapping.ts` for every code that they pass on. */
const GIVEN_BY_MAKERS = new Set(['node', 'rule']);

/** Problems stand as `problem: 'x'`, as the last argument of a maker, or are names that a value takes on. */
function isProblem(source: string, problem: string): boolean {
  return source.includes(`'${problem}'`) || new RegExp(`^\\s*${problem}:`, 'm').test(source);
}

/** Code -> the files that contain it: the functions that create errors are small and next to their callers. */
function nearbyText(): Map<string, string> {
  const nearby = new Map<string, string>();
  for (const source of sources) {
    // The checks of a flow pass on what an expression says.
    const codes = source.includes("'EXPRESSION_INVALID'") ? ['FLOW_EXPRESSION'] : [];
    for (const code of new Set(codes.concat([...source.matchAll(/'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g)].map((match) => match[1]!)))) {
      nearby.set(code, `${nearby.get(code) ?? ''}\n${source}`);
    }
  }
  return nearby;
}
