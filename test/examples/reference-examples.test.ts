/** Each example of docs/reference is valid, runs, and gives what the page says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { adapterIssues } from '../../engine/bindings/adapter-issues.ts';
import { AdapterDocument } from '../../engine/contract/node/adapter.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { COMPARISONS, ConditionRule } from '../../engine/contract/flow/expression-types.ts';
import { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { createMessage } from '../../engine/contract/values/message.ts';
import type { Scope } from '../../engine/contract/node/node.ts';
import { compileScopePath } from '../../engine/contract/flow/scope-path.ts';
import { createBuildContext } from '../../engine/expression/create-build-context.ts';
import { createInPlaceRunner } from '../../engine/expression/browser.ts';
import { parseFlow } from '../../engine/flow/parse-flow.ts';
import { validateFlow } from '../../engine/flow/validate-flow.ts';
import { loadNodes } from '../../engine/registry/load-nodes.ts';
import { compileMapping } from '../../nodes/shared/mapping/compile-mapping.ts';
import { PICTURE_FIELDS } from '../../engine/functions/date-picture.ts';
import { MAPPING_PARTS, MappingSchema } from '../../nodes/shared/mapping/mapping-document.ts';
import { valueFunctions } from '../../engine/functions/value-functions.ts';
import * as examples from '../../scripts/reference/examples.ts';
import { flowPage } from '../../scripts/reference/flow-page.ts';
import { SECTIONS } from '../../scripts/reference/interface-page.ts';
import { rowsOf } from '../../scripts/reference/schema-rows.ts';
import { compileSyntaxOnly } from './city-fixtures.ts';
import { runSavedTests } from './run-saved-tests.ts';

const nodes = await loadNodes([new URL('../../nodes/', import.meta.url)]);
const build = createBuildContext({ pool: createInPlaceRunner() });
const scopeOf = (data: unknown): Scope => ({ message: createMessage(data), nodes: {}, now: 0 });

for (const name of examples.exampleFlows()) {
  const text = examples.exampleFlow(name);
  const flow = JSON.parse(text) as FlowDocument;

  test(`the example flow ${name} is valid without a warning, and its saved tests pass`, async () => {
    assert.deepEqual(parseFlow(flow).issues, []);
    assert.deepEqual(validateFlow(flow, { nodes, checkExpression: compileSyntaxOnly }), []);
    assert.ok(flow.tests.length > 0);
    const report = await runSavedTests(flow, { nodes, build });
    assert.deepEqual(
      report.tests.map(({ name, problems }) => ({ name, problems })),
      flow.tests.map(({ name }) => ({ name, problems: [] })),
    );
  });

  test(`the example flow ${name} stands in the reference`, () => assert.ok(flowPage().text.includes(text.trimEnd())));
}

test('each comparison has an example, which is as its page says', async () => {
  for (const { left, op, right, holds } of examples.comparisonExamples) {
    const rule = { left: { value: left }, op, ...(right === undefined ? {} : { right: { value: right } }) };
    assert.equal(await build.compileCondition(rule)(scopeOf({})), holds, JSON.stringify(rule));
  }
  const shown = new Set(examples.comparisonExamples.map(({ op }) => op));
  assert.deepEqual(
    COMPARISONS.filter((op) => !shown.has(op)),
    [],
  );
});

test('the example conditions fit their schema and hold as their page says', async () => {
  for (const { rule, data, holds } of examples.conditionExamples) {
    assert.ok(Value.Check(ConditionRule, rule), JSON.stringify(rule));
    assert.equal(await build.compileCondition(rule)(scopeOf(data)), holds, JSON.stringify(rule));
  }
});

test('the example paths and expressions give what their page says', async () => {
  const { message, nodes: ran, now, paths, expressions } = examples.scopeExample;
  const scope: Scope = { message: createMessage(message.data, message), nodes: ran, now };
  for (const { path, gives } of paths) assert.deepEqual(compileScopePath(path)(scope), gives, path);
  for (const { expression, gives } of expressions) assert.deepEqual(await build.compileExpression(expression)(scope), gives, expression);
});

test('each function of a mapping has an example, which gives what its page says', () => {
  for (const { name, args, isVariadic, examples: shown, run } of valueFunctions) {
    assert.ok(shown.length > 0, name);
    for (const example of shown) {
      assert.ok(isVariadic === true || example.args.length <= args.length, name);
      assert.deepEqual(run(...example.args), example.gives, `${name}(${JSON.stringify(example.args)})`);
    }
  }
});

test('each letter of a date picture writes its part', () => {
  const format = valueFunctions.find(({ name }) => name === 'formatDate')!;
  const written = Object.keys(PICTURE_FIELDS).map((letters) => format.run('2026-01-02T03:04:05.678+08:00', letters));
  assert.deepEqual(written, ['2026', '01', '02', '03', '04', '05', '678']);
});

test('the example mappings fit their schema and build what their page says', async () => {
  for (const { mapping, tables, data, gives } of examples.mappingExamples) {
    assert.ok(Value.Check(MappingSchema, mapping), JSON.stringify(mapping));
    const lookup = (table: string, key: string) => {
      const found = tables?.[table]?.[key];
      if (found === undefined) throw new AppError('CODE_UNKNOWN', 'input', 'unknown');
      return found;
    };
    assert.deepEqual(await compileMapping(mapping, build)(scopeOf(data), lookup), gives);
  }
});

test('the example adapters are valid for their protocols', () => {
  for (const { document } of examples.adapterExamples) assert.deepEqual(adapterIssues(document, nodes.adapterTypes()), []);
});

test('the example interface, app, grant and code table fit their schemas', () => {
  for (const { schema, example } of SECTIONS) assert.ok(Value.Check(schema, examples.cityExample(example)), example);
});

test('the example of each field is a value that the field takes', () => {
  const schemas = [
    ...[FlowDocument, AdapterDocument, MappingSchema, MAPPING_PARTS.Rule, ...MAPPING_PARTS.Source.anyOf],
    ...SECTIONS.map(({ schema }) => schema),
    ...nodes.list().map(({ config }) => config),
    ...nodes.adapterTypes().map(({ settings }) => settings),
  ];
  const shown = schemas.flatMap((schema) => rowsOf(schema)).filter(({ text }) => text?.example !== undefined);
  assert.ok(shown.length > 20);
  assert.deepEqual(
    shown.filter(({ schema, text }) => !takes(schema, text!.example!)).map(({ path, text }) => `${path}: ${text!.example!}`),
    [],
  );
});

/** An example is a text as a person types it: of an operand a path, of a list one item, of names and values `name: value`. */
function takes(schema: Readonly<Record<string, unknown>>, example: string): boolean {
  if (schema['editor'] === 'operand') return Value.Check(schema, { path: example });
  const { type, items, patternProperties } = schema as { type?: string; items?: TSchema; patternProperties?: Record<string, TSchema> };
  if (type === 'array') return Value.Check(items!, example);
  if (type !== 'object') return Value.Check(schema, example) || Value.Check(schema, Number(example));
  const [name = '', value] = example.split(/: | = /);
  return value !== undefined && Value.Check(schema, { [name]: value }) && patternProperties !== undefined;
}
