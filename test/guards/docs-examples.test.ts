/** Each example in the documents is run by a test, or listed with the reason why not; what is none is marked as text. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Command } from 'commander';
import { createProgram } from '../../cli/main.ts';
import { createTerminal } from '../../cli/shared/terminal.ts';
import { PRODUCT_ROOT } from '../support/copy-product.ts';
import { blocksOf, documentPages, isRun, NOT_RUN, type Block } from '../support/document-blocks.ts';

/** Page and language of examples -> the test that runs them. Pages of docs/reference are made of examples that its own test runs. */
const RUN_BY: Readonly<Record<string, string>> = {
  'README.md bash': 'test/e2e/documents.test.ts',
  'README.zh.md bash': 'test/e2e/documents.test.ts',
  'docs/add-a-node.md ts': 'test/e2e/add-one-thing.test.ts',
  'docs/add-a-policy.md ts': 'test/e2e/add-one-thing.test.ts',
  'docs/admin-api.md bash': 'test/e2e/documents.test.ts',
  'docs/command-line.md bash': 'test/e2e/documents.test.ts',
  'docs/compatibility-profiles.md python': 'test/gateways/compatibility-examples.test.ts',
  'docs/object-access.md json': 'test/gateways/policies/content/object-access.test.ts',
  'docs/signing.md sh': 'test/e2e/documents.test.ts',
  'docs/user-front.md bash': 'test/e2e/documents.test.ts',
  'docs/signing.md bash': 'test/designer/signing-examples.test.ts',
  'docs/signing.md js': 'test/designer/signing-examples.test.ts',
  'docs/signing.md javascript': 'test/sdk/browser/browser-sdk.browser.test.ts',
  'docs/signing.md python': 'test/designer/signing-examples.test.ts',
  'docs/signing.md java': 'test/designer/signing-examples.test.ts',
  'docs/signing.md go': 'test/designer/signing-examples.test.ts',
  'docs/extensions.md sh': 'test/examples/extension-example.test.ts',
  'docs/extensions.md js': 'test/examples/extension-example.test.ts',
  'docs/tlcp.md sh': 'test/deploy/tlcp-proxy.test.ts',
  'docs/reference json': 'test/examples/reference-examples.test.ts',
};

/** A text block shows a format or printed output; it is not meant to be run. */
const isExample = ({ language }: Block) => language !== 'text';
const keyOf = ({ page, language }: Block) => `${page.startsWith('docs/reference/') ? 'docs/reference' : page} ${language}`;

const pages = documentPages();
const blocks = pages.flatMap(blocksOf);

test('each example in the documents is run by a test, or listed with a reason, or marked as text', () => {
  const unknown = blocks.filter((block) => isExample(block) && isRun(block) && RUN_BY[keyOf(block)] === undefined);
  assert.deepEqual(
    unknown.map(({ page, line, language }) => `${page}:${line} ${language === '' ? 'has no language' : language}`),
    [],
  );
});

test('each reason why an example is not run is of one example that there is', () => {
  for (const { page, begins } of NOT_RUN) {
    const found = blocks.filter((block) => isExample(block) && block.page === page && block.text.startsWith(begins));
    assert.equal(found.length, 1, `${page}: ${begins}`);
  }
});

test('no command hides in a block of text', () => {
  const COMMAND = /^\s*(?:\$ )?(?:kangqiao|node|np[mx]|curl|openssl|docker|kubectl|git)\s.*/m;
  const hidden = blocks
    .filter((block) => !isExample(block))
    .flatMap(({ page, line, text }) => {
      const [command] = COMMAND.exec(text) ?? [];
      return command === undefined ? [] : [`${page}:${line} ${command}`];
    });
  assert.deepEqual(hidden, []);
});

test('no example hides in indented code, which names no language', () => {
  const found = pages.flatMap((page) => {
    const prose = readFileSync(join(PRODUCT_ROOT, page), 'utf8').replace(/^( *)```[^]*?^\1```$/gm, (block) => block.replace(/[^\n]/g, ''));
    return Array.from(prose.matchAll(/(?<=\n)\n {4}\S.*/g), ([line]) => `${page}: ${line.trim()}`);
  });
  assert.deepEqual(found, []);
});

test('each test that is said to run examples names their page', () => {
  const found = new Set(blocks.filter((block) => isExample(block) && isRun(block)).map(keyOf));
  for (const [key, file] of Object.entries(RUN_BY)) {
    assert.ok(found.has(key), `${key}: there is no such example any more`);
    assert.ok(readFileSync(join(PRODUCT_ROOT, file), 'utf8').includes(key.split(' ')[0]!), `${file} does not name ${key}`);
  }
});

test('each command of kangqiao that the documents show has the name and the options that there are', () => {
  const program = createProgram(createTerminal(new AbortController().signal));
  const shown = blocks.flatMap((block) => commandLinesOf(block).map((line) => ({ line, where: `${block.page}:${block.line}` })));
  assert.ok(shown.length > 10);
  assert.deepEqual(
    shown.flatMap(({ line, where }) => problemsOf(program, line).map((problem) => `${where}: ${problem} in ${line}`)),
    [],
  );
});

test('each npm script that the documents name exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(PRODUCT_ROOT, 'package.json'), 'utf8')) as { scripts: Readonly<Record<string, string>> };
  const named = pages.flatMap((page) =>
    Array.from(
      readFileSync(join(PRODUCT_ROOT, page), 'utf8').matchAll(/\bnpm (?:run (?!-)([\w:-]+)|(start|test)\b)/g),
      ([, script, short]) => `${page}: ${script ?? short!}`,
    ),
  );
  assert.ok(named.length > 0);
  assert.deepEqual(
    named.filter((text) => scripts[text.split(': ')[1]!] === undefined),
    [],
  );
});

/** What follows the program's name, with continued lines joined. */
function commandLinesOf({ text }: Block): string[] {
  const lines = text.replaceAll('\\\n', ' ').split('\n');
  return lines.flatMap((line) => /^\s*(?:kangqiao|node bin\/kangqiao\.mjs)\s+(.*)$/.exec(line)?.[1] ?? []);
}

function problemsOf(program: Command, line: string): string[] {
  const words = line.split(/\s+/);
  let command = program;
  const path: Command[] = [program];
  for (const word of words) {
    const child = command.commands.find((one) => one.name() === word);
    if (child === undefined) break;
    path.push((command = child));
  }
  const options = path.flatMap((one) => one.options.flatMap(({ long, short }) => [long, short]));
  const unknown = words.filter((word) => /^--[a-z]/.test(word) && !options.includes(word.split('=')[0]!));
  return [...(command.commands.length > 0 ? ['no such command'] : []), ...unknown.map((option) => `no option ${option}`)];
}
