/** The pages in docs/ say what the code does, and their links lead somewhere. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { createProgram } from '../../cli/main.ts';
import { EXIT } from '../../cli/shared/exit-codes.ts';
import { createTerminal } from '../../cli/shared/terminal.ts';
import { describeSettings, readSettings, SettingsSchema } from '../../engine/host/settings.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root }).sort();

test('docs/settings.md lists every setting with its default and meaning, and no other', () => {
  const inCode = describeSettings(readSettings({})).map(({ name, variable, description, text }) => {
    const { default: value } = SettingsSchema.properties[name as keyof typeof SettingsSchema.properties] as { default?: unknown };
    const shown = value === undefined || (Array.isArray(value) && value.length === 0) ? '' : `\`${String(value as string | number)}\``;
    return [`\`${variable}\``, shown, description, text['zh-CN']];
  });
  assert.deepEqual(
    rowsOf('docs/settings.md')
      .filter(([variable]) => variable?.startsWith('`KQ_'))
      .map((row) => row.slice(0, 4)),
    inCode,
  );
});

test('a page names only settings that there are', () => {
  const known = new Set(describeSettings(readSettings({})).map(({ variable }) => variable));
  // Those of the signing guide are its own: variables of the shell that signs.
  const named = pages
    .filter((page) => !page.endsWith('signing.md'))
    .flatMap((page) => [...textOf(page).matchAll(/\bKQ_[A-Z_]+/g)].map(([name]) => `${page}: ${name}`));
  assert.deepEqual(
    named.filter((text) => !known.has(text.split(': ')[1]!)),
    [],
  );
});

test('docs/command-line.md names every command and every option', () => {
  const page = textOf('docs/command-line.md');
  const missing = commandsOf(createProgram(createTerminal(new AbortController().signal)), '').flatMap(({ name, options }) =>
    [`\`${name}\``, ...options.map((option) => `\`${option}`)].filter((text) => !page.includes(text)).map((text) => `${name}: ${text}`),
  );
  assert.deepEqual(missing, []);
});

test('docs/command-line.md lists the exit codes', () => {
  const listed = rowsOf('docs/command-line.md').flatMap(([code]) => (/^\d+$/.test(code ?? '') ? [Number(code)] : []));
  for (const code of Object.values(EXIT)) assert.ok(listed.includes(code), `exit code ${code}`);
});

test('every file that a page links to or names exists', () => {
  const broken = pages.flatMap((page) => [...linksOf(page), ...filesNamedIn(page)].map((path) => ({ page, path })));
  assert.deepEqual(
    broken.filter(({ path }) => !existsSync(join(root, path))).map(({ page, path }) => `${page}: ${path}`),
    [],
  );
});

test('every heading that a page links to exists', () => {
  const broken = pages.flatMap((page) =>
    Array.from(textOf(page).matchAll(/\]\(([^)\s#:]*)#([^)\s]+)\)/g), ([, path, heading]) => {
      const target = path === '' ? page : join(dirname(page), path!);
      return headingsOf(target).has(heading!) ? [] : [`${page}: ${path!}#${heading!}`];
    }).flat(),
  );
  assert.deepEqual(broken, []);
});

test('each decision has a number of its own', () => {
  const numbers = globSync('docs/decisions/*.md', { cwd: root }).map((file) => Number(/(\d{4})-[a-z0-9-]+\.md$/.exec(file)?.[1]));
  assert.ok(numbers.every((number) => number > 0));
  assert.equal(new Set(numbers).size, numbers.length);
});

interface Described {
  readonly name: string;
  readonly options: readonly string[];
}

function commandsOf(command: Command, prefix: string): Described[] {
  return command.commands.flatMap((child) => {
    const name = `${prefix}${child.name()}`;
    const options = child.options.filter(({ hidden }) => !hidden).map((option) => option.long ?? option.flags);
    return [{ name, options }, ...commandsOf(child, `${name} `)];
  });
}

function linksOf(page: string): string[] {
  return [...textOf(page).matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => join(dirname(page), target));
}

/** As Git hosts name them: lower case, words joined by hyphens, no punctuation. */
function headingsOf(page: string): Set<string> {
  const prose = textOf(page).replace(/^```[^]*?^```$/gm, '');
  return new Set(
    Array.from(prose.matchAll(/^#+ (.*)$/gm), ([, heading]) =>
      heading!
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/**
 * Paths in backquotes that begin with a folder of the product, of files and of folders, and the imports of shown programs; what stands for
 * many has `<` or `*`. The changelog names what there was.
 */
function filesNamedIn(page: string): string[] {
  if (page === 'docs/changelog.md') return [];
  const text = textOf(page);
  const named = text.matchAll(
    /`((?:engine|nodes|storage|gateways|control|designer|sdk|cli|test|examples|docs|deploy|scripts)\/(?:[\w./-]+\.[a-z]+|(?:[\w.-]+\/)+))`/g,
  );
  const imported = text.matchAll(/^import .* from '(?:\.\.\/)+([\w/-]+\.ts)';$/gm);
  return [...named, ...[...imported].filter(([, path]) => path!.startsWith('engine/'))].map(([, path]) => path!);
}

function rowsOf(page: string): string[][] {
  return textOf(page)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function textOf(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}
