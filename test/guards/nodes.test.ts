/** What every node type owes its users, whatever it does: see docs/add-a-node.md. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { iconBody, readIconSet } from '../../control/api/serve-icons.ts';
import type { AdapterType } from '../../engine/contract/node/adapter-type.ts';
import { EDITORS, fieldKind, type FieldEditor } from '../../engine/contract/values/field-kind.ts';
import type { NodeDefinition, PortSpec } from '../../engine/contract/node/node.ts';
import { nameRuleOf } from '../../engine/contract/values/named-values.ts';
import { isPlainPattern } from '../../engine/contract/values/plain-text.ts';
import type { FieldText, FieldWhen, Text } from '../../engine/contract/values/texts.ts';

interface Field {
  readonly text?: FieldText;
  readonly editor?: FieldEditor;
  readonly when?: FieldWhen;
  readonly anyOf?: readonly { readonly const?: unknown }[];
  readonly items?: Field;
  readonly properties?: Readonly<Record<string, Field>>;
  readonly pattern?: string;
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const files = globSync('nodes/*/*.node.ts', { cwd: root }).sort();
const CATEGORIES = ['trigger', 'call', 'transform', 'control', 'check'];
const icons = readIconSet();
const EFFECTS = ['pure', 'read', 'idempotent-write', 'write'];

test('there are node types to look at', () => assert.ok(files.length > 0));

for (const file of files) {
  test(`${file} is a complete node type`, async () => {
    const definition = ((await import(pathToFileURL(join(root, file)).href)) as { default: NodeDefinition }).default;
    checkDescriptor(definition, file);
    checkConfig(definition);
    checkLongHelp(file);
    checkContract(file);
  });
}

for (const file of globSync('nodes/*/*.adapter.ts', { cwd: root }).sort()) {
  test(`${file} is a complete adapter type`, async () => {
    const type = ((await import(pathToFileURL(join(root, file)).href)) as { default: AdapterType }).default;
    assert.equal(file.split(sep).join('/'), `nodes/${type.protocol}/${type.protocol}.adapter.ts`);
    assert.ok(iconBody(icons, type.icon), `its icon ${type.icon} is in the icon set`);
    for (const [what, text] of Object.entries({
      ...textsOf(type),
      ...(type.credential === undefined ? {} : { credential: type.credential }),
    }))
      checkText(text, what);
    for (const [name, field] of Object.entries(type.settings.properties)) {
      checkField(field as Field, name);
      checkWhen(field as Field, name, type.settings.properties as Readonly<Record<string, Field>>);
    }
  });
}

function textsOf({ text: { words: _words, ...texts } }: AdapterType) {
  return texts;
}

test('every protocol that a node speaks through an adapter has an adapter type', async () => {
  for (const file of files) {
    const definition = ((await import(pathToFileURL(join(root, file)).href)) as { default: NodeDefinition }).default;
    if (!('adapter' in definition) || definition.adapter === undefined) continue;
    assert.ok(existsSync(join(root, 'nodes', definition.adapter, `${definition.adapter}.adapter.ts`)), definition.adapter);
  }
});

test('no two node types have the same name', async () => {
  const names = await Promise.all(
    files.map(async (file) => {
      const { type, major } = ((await import(pathToFileURL(join(root, file)).href)) as { default: NodeDefinition }).default;
      return `${type}@${major}`;
    }),
  );
  assert.deepEqual(names, [...new Set(names)]);
});

function checkDescriptor(definition: NodeDefinition, file: string): void {
  const path = relative('nodes', file)
    .split(sep)
    .join('.')
    // Older majors are next to the newest: `join.v1.node.ts`.
    .replace(/(?:\.v\d+)?\.node\.ts$/, '');
  assert.equal(definition.type, path, 'its type equals its path');
  assert.ok(Number.isInteger(definition.major) && definition.major >= 1, 'major is a whole number from 1');
  assert.ok(CATEGORIES.includes(definition.category), 'its category is known');
  assert.ok(iconBody(icons, definition.icon), `its icon ${definition.icon} is in the icon set`);
  checkText(definition.text.label, 'label');
  checkText(definition.text.help, 'help');
  assert.ok(
    !('adapter' in definition) || definition.adapter === undefined || definition.adapter === definition.type.split('.')[0],
    'its adapter is of its own protocol',
  );
  if (definition.kind === 'action') {
    assert.ok(typeof definition.effect === 'function' || EFFECTS.includes(definition.effect), 'its effect is known');
  }
  const out: readonly PortSpec[] = typeof definition.ports.out === 'function' ? [] : definition.ports.out;
  for (const port of [...definition.ports.in, ...out]) checkText(port.label, `label of port ${port.name}`);
}

function checkConfig(definition: NodeDefinition): void {
  const schema = definition.config as unknown as {
    type: string;
    additionalProperties?: unknown;
    properties: Record<string, Field>;
  };
  assert.equal(schema.type, 'object');
  assert.equal(schema.additionalProperties, false, 'its configuration is closed');
  for (const [name, field] of Object.entries(schema.properties)) checkField(field, name);
  for (const pointer of definition.expressions ?? []) {
    const field = pointer.split('/')[1] ?? '';
    assert.ok(field in schema.properties, `the expression field ${pointer} is in the configuration`);
  }
}

/** Texts in both languages, words for the options of a choice, and a kind by which the designer chooses its editor. */
function checkField(field: Field, name: string): void {
  assert.ok(field.text, `field ${name} has texts (fieldText)`);
  checkText(field.text.label, `label of field ${name}`);
  if (field.text.help !== undefined) checkText(field.text.help, `help of field ${name}`);
  if (field.editor !== undefined) assert.ok(EDITORS.includes(field.editor), `the editor of field ${name} is known`);
  const kind = fieldKind(field);
  assert.ok(kind, `field ${name} is of a known kind, or names its editor (fieldEditor)`);
  checkOptions(field, name);
  checkPattern(field, name);
  const inner = kind === 'group' ? field.properties : kind === 'rows' ? field.items?.properties : undefined;
  for (const [part, innerField] of Object.entries(inner ?? {})) checkField(innerField, `${name}/${part}`);
}

/** A person who breaks a pattern reads in words what it allows. */
function checkPattern({ text, pattern, items }: Field, name: string): void {
  const broken = [pattern, items?.properties === undefined ? items?.pattern : undefined];
  const wordless = broken.filter((one) => one !== undefined && !isPlainPattern(one) && nameRuleOf(one) === undefined);
  if (wordless.length > 0) assert.ok(text!.pattern ?? text!.help ?? text!.example, `field ${name} says what ${wordless.join(' ')} allows`);
}

/** What a field depends on is a choice beside it. */
function checkWhen({ when }: Field, name: string, siblings: Readonly<Record<string, Field>>): void {
  if (when === undefined) return;
  const choices = siblings[when.field]?.anyOf?.map((member) => member.const) ?? [];
  for (const value of when.is) assert.ok(choices.includes(value), `field ${name}: ${when.field} has no choice ${value}`);
}

/** A person chooses between words, never between values of the program; codes such as GET, 1.2 or GBK are words of their own. */
function checkOptions(field: Field, name: string): void {
  const literals = [...(field.anyOf ?? []), ...(field.items?.anyOf ?? [])]
    .map((member) => member.const)
    .filter((value) => value !== undefined);
  const options = field.text?.options ?? {};
  for (const value of literals) {
    if (/^[a-z]/.test(String(value)))
      assert.ok(options[String(value)], `the option ${String(value)} of field ${name} has words in both languages`);
  }
  for (const [value, words] of Object.entries(options)) {
    assert.ok(literals.includes(value), `the option ${value} of field ${name} is one of the schema`);
    checkText(words, `option ${value} of field ${name}`);
  }
}

function checkLongHelp(file: string): void {
  const help = readFileSync(join(root, file.replace(/\.node\.ts$/, '.md')), 'utf8');
  const [, chinese = '', english = ''] = help.split(/^## (?:中文|English)$/m);
  assert.match(help, /^## 中文$[^]*^## English$/m, 'its help has the headings 中文 and English');
  assert.match(chinese, /[\u4e00-\u9fff]{4}/, 'its Chinese help says something');
  assert.match(english, /(?:[A-Za-z]+\W+){5}/, 'its English help says something');
}

/** Its test file says which of its tests shows what it owes, and tests that itself. */
function checkContract(file: string): void {
  const contractTest = file.replace(/^nodes/, 'test/nodes').replace(/\.node\.ts$/, '.test.ts');
  assert.ok(existsSync(join(root, contractTest)), `its contract test ${contractTest} is missing`);
  assert.match(
    readFileSync(join(root, contractTest), 'utf8'),
    /^showsContract\(import\.meta\.url, /m,
    `${contractTest} says what it shows`,
  );
}

function checkText(text: Text | undefined, what: string): void {
  assert.match(text?.['zh-CN'] ?? '', /\S/, `${what} in Chinese`);
  assert.match(text?.en ?? '', /\S/, `${what} in English`);
}
