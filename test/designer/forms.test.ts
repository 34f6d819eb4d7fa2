/** What forms decide without a browser: which editor a field gets, what its value is worth, what is offered and said. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { TSchema } from 'typebox';
import { Check } from 'typebox/value';
import { expressionWords, scriptWords, templateWords } from '../../designer/src/node-panel/expression/completion-words.ts';
import {
  asGroup,
  fromGroup,
  ruleSentence,
  startRule,
  turnedRound,
  withOperator,
} from '../../designer/src/node-panel/expression/condition-rules.ts';
import { cronOf, everydayOf, EVERYDAY_START, nextRuns } from '../../designer/src/kit/form/inputs/cron-words.ts';
import { EXPRESSION_FUNCTIONS } from '../../designer/src/node-panel/expression/expression-functions.ts';
import { asField, fieldsFor, fieldsOf, kindOf, withField, type FieldSchema } from '../../designer/src/kit/form/field-schema.ts';
import { FLOW_SCHEMAS } from '../../designer/src/node-panel/flow-schema.ts';
import { NAME_RULES } from '../../engine/contract/values/named-values.ts';
import { issuesElsewhere, localIssues, serverIssues } from '../../designer/src/kit/form/form-issues.ts';
import { defaultRetry, handlingSchema, type HandlingCase } from '../../designer/src/node-panel/handling-schema.ts';
import { inferSchema } from '../../designer/src/kit/form/inputs/infer-schema.ts';
import { freePortName, moved } from '../../designer/src/kit/form/list-edits.ts';
import { inMode, modeOf, OPERAND_MODES } from '../../designer/src/node-panel/expression/operand-modes.ts';
import { pairsOf, recordOf } from '../../designer/src/kit/form/inputs/pairs.ts';
import { retryPauses, retrySummary } from '../../designer/src/node-panel/retry-words.ts';
import { allPlaces, scopePlaces, valuePlaces } from '../../designer/src/node-panel/expression/scope-sample.ts';
import { bestUnit, DURATION_UNITS, inSmallest, SIZE_UNITS } from '../../designer/src/kit/form/inputs/units.ts';
import { withDefaults } from '../../designer/src/model/schema/schema-defaults.ts';
import { compileScopePath } from '../../engine/contract/flow/scope-path.ts';
import type { ConditionRule } from '../../engine/contract/flow/expression-types.ts';
import type { NodeDefinition } from '../../engine/contract/node/node.ts';
import { DatabaseSettings } from '../../nodes/database/settings.ts';
import { MessagingSettings } from '../../nodes/messaging/settings.ts';
import { RegistrySettings } from '../../nodes/registry-centre/settings.ts';
import { HttpSettings } from '../../nodes/shared/http/settings.ts';
import { compileExpression, createInPlaceRunner } from '../../engine/expression/browser.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const REGISTRY = join(root, 'designer/src/node-panel/fields/field-registry.ts');
const EDITORS = globSync('designer/src/{kit/form/fields,node-panel/fields,node-panel/references}/*.tsx', { cwd: root });

test('every field of every node type has an editor: a file of its kind that the registry knows', async () => {
  const registry = readFileSync(REGISTRY, 'utf8');
  const files = globSync('nodes/*/*.node.ts', { cwd: root });
  assert.ok(files.length > 0);
  for (const file of files) {
    const { config, type } = ((await import(pathToFileURL(join(root, file)).href)) as { default: NodeDefinition }).default;
    for (const { path, kind } of kindsIn(JSON.parse(JSON.stringify(config)) as FieldSchema)) {
      assert.ok(
        EDITORS.some((editor) => basename(editor) === `${kind}.tsx`),
        `${type}${path}: there is ${kind}.tsx`,
      );
      assert.match(registry, new RegExp(`/${kind}\\.tsx'`), `${type}${path}: the registry knows ${kind}`);
    }
  }
});

test('each file of an editor is one line of the registry', () => {
  const registry = readFileSync(REGISTRY, 'utf8');
  const fields = EDITORS.filter((file) => /^export function \w+Field\(/m.test(readFileSync(join(root, file), 'utf8')));
  assert.ok(fields.length > 0);
  for (const file of fields) assert.ok(registry.includes(`/${basename(file)}'`), `${file} is in the registry`);
});

test('the settings of flows and the handling of nodes have words in both languages', () => {
  const about: HandlingCase = { mode: 'durable', isAction: true, hasErrorPort: true, isErrorConnected: false };
  const schemas = [
    ...Object.values(FLOW_SCHEMAS),
    ...(['time', 'retry', 'error', 'record'] as const).map((name) => handlingSchema(name, about)),
  ];
  for (const { name, schema } of schemas.flatMap(fieldsOf)) {
    const { label, help } = schema.text ?? {};
    assert.match(label?.['zh-CN'] ?? '', /[\u4e00-\u9fff]/, `${name} in Chinese`);
    assert.match(label?.en ?? '', /^[A-Z]/, `${name} in English`);
    if (help !== undefined) assert.doesNotMatch(help.en, /[\u4e00-\u9fff]/, `help of ${name} in English`);
  }
});

test('a field that is missing, too long or out of its limits is told beside it, in words without its name', () => {
  const schema: FieldSchema = {
    type: 'object',
    required: ['name', 'count', 'preset'],
    properties: {
      name: { type: 'string', maxLength: 3 },
      count: { type: 'integer', minimum: 1 },
      preset: { type: 'string', default: 'x' },
    },
  };
  assert.deepEqual(localIssues(schema, { name: 'long', count: 0 }, 'zh-CN'), [
    { pointer: '/name', label: 'name', severity: 'error', what: '最多 3 个字符' },
    { pointer: '/count', label: 'count', severity: 'error', what: '不能小于 1' },
  ]);
  assert.deepEqual(
    localIssues(schema, {}, 'en').map(({ pointer, what }) => `${pointer} ${what}`),
    ['/name This is required', '/count This is required'],
  );
});

test('a field for the name of a header says beside it what is allowed', () => {
  const text = { label: { 'zh-CN': '传递', en: 'Pass' }, pattern: { 'zh-CN': '只含字母', en: 'Letters only' } };
  const schema: FieldSchema = {
    type: 'object',
    properties: {
      header: { type: 'string', pattern: NAME_RULES.header.pattern },
      pass: { type: 'array', text, items: { type: 'string', pattern: '^[a-z]*$' } },
    },
  };
  for (const language of ['zh-CN', 'en'] as const)
    assert.deepEqual(
      localIssues(schema, { header: 'x id', pass: ['a', '1'] }, language).map(({ pointer, what }) => [pointer, what]),
      [
        ['/header', NAME_RULES.header.text[language]],
        ['/pass/1', text.pattern[language]],
      ],
    );
});

test('a problem that only the server knows is shown at its field, one that the schema tells is not shown twice', () => {
  const issue = { code: 'FLOW_CONFIG', severity: 'error', message: 'The port name is taken.' } as const;
  const found = serverIssues(
    [
      { ...issue, path: '/config/branches/0/port' },
      { ...issue, path: '/config/name', values: { problem: 'required' } },
      { ...issue, path: '/handling/retry' },
    ],
    '/config',
    'en',
  );
  assert.deepEqual(found, [{ pointer: '/branches/0/port', severity: 'error', what: 'The port name is taken.' }]);
});

test('a problem that is about no field of the form is found to be told above it', () => {
  const told = ['', '/name', '/name/0', '/other'].map((pointer) => ({ pointer, severity: 'error', what: 'x' }) as const);
  assert.deepEqual(
    issuesElsewhere(told, ['/name']).map(({ pointer }) => pointer),
    ['', '/other'],
  );
});

test('setting a field keeps the order of the others, and an absent value takes the field away', () => {
  assert.equal(JSON.stringify(withField({ a: 1, b: 2, c: 3 }, 'b', 9)), '{"a":1,"b":9,"c":3}');
  assert.equal(JSON.stringify(withField({ a: 1, b: 2 }, 'a', undefined)), '{"b":2}');
});

const SAMPLE = {
  data: { patient: { id: 'P1', '姓 名': '测试甲' }, orders: [{ code: 'A', price: 2 }] },
  nodes: { n_call1: { body: { ok: true } } },
};
const NODES = [{ id: 'n_call1', label: '查询患者' }];

test('every path that a sample offers can be read by the engine and gives what the sample shows', () => {
  const scope = { message: { data: SAMPLE.data, headers: {}, keys: {} }, nodes: SAMPLE.nodes, now: 0 } as never;
  const places = allPlaces(scopePlaces(SAMPLE, NODES)).filter(({ preview }) => preview !== undefined);
  assert.ok(places.some(({ path }) => path === 'data.patient.`姓 名`'));
  for (const { path, preview } of places) assert.equal(String(compileScopePath(path)(scope)), preview, path);
});

test('paths inside a result begin inside it', () => {
  assert.deepEqual(
    allPlaces(valuePlaces({ Reports: { Report: [{ id: 1 }] } })).map(({ path }) => path),
    ['Reports', 'Reports.Report', 'Reports.Report[0]', 'Reports.Report[0].id'],
  );
});

test('completion of an expression knows the fields of the sample, of items of lists and of nodes before, and functions', () => {
  const places = scopePlaces(SAMPLE, NODES);
  const labels = (text: string) => expressionWords(text, places, 'zh-CN')?.words.map(({ label }) => label);
  assert.deepEqual(labels('data.'), ['patient', 'orders']);
  assert.deepEqual(labels('$sum(data.orders.'), ['code', 'price']);
  assert.deepEqual(labels('1 + data.orders[0].pr'), ['code', 'price']);
  assert.deepEqual(labels('nodes.'), ['n_call1']);
  assert.deepEqual(labels('nodes.n_call1.body.'), ['ok']);
  assert.ok(labels('da')?.includes('data'));
  assert.ok(labels('$su')?.includes('$sum'));
  assert.equal(labels('"data.'), undefined);
  assert.equal(expressionWords('x + data.patient.na', places, 'zh-CN')?.from, 'x + data.patient.'.length);
  assert.equal(expressionWords('data.patient.', places, 'en')?.words[1]?.insert, '`姓 名`');
  assert.equal(expressionWords('nodes.', places, 'en')?.words[0]?.detail, '查询患者');
});

test('completion of a template works inside braces alone, of a script on message', () => {
  const places = scopePlaces(SAMPLE, NODES);
  assert.equal(templateWords('/patients/data.', places), undefined);
  assert.deepEqual(
    templateWords('/patients/{data.patient.', places)?.words.map(({ label }) => label),
    ['id', '姓 名'],
  );
  assert.equal(templateWords('/patients/{data.patient.id}/', places), undefined);
  assert.deepEqual(
    scriptWords('return message.data.patient.', places)?.words.map(({ label }) => label),
    ['id'],
  );
});

test('the engine takes every function that completion offers', () => {
  for (const { name, text } of EXPRESSION_FUNCTIONS) {
    assert.ok(text['zh-CN'] !== '' && text.en !== '');
    compileExpression(`$exists(${name}) ? ${name} : 0`, { pool: createInPlaceRunner() });
  }
});

test('a condition reads like a sentence in both languages', () => {
  const rule: ConditionRule = {
    all: [
      { left: { path: 'data.age' }, op: 'gte', right: { value: 18 } },
      {
        any: [
          { left: { path: 'data.name' }, op: 'exists' },
          { not: { left: { path: 'data.dept' }, op: 'in', right: { value: ['01', '02'] } } },
        ],
      },
    ],
  };
  assert.equal(ruleSentence(rule, 'zh-CN'), 'data.age 大于或等于 18 且 （data.name 存在 或 并非（data.dept 属于 “01”、“02”））');
  assert.equal(ruleSentence(rule, 'en'), 'data.age is at least 18 and (data.name exists or not (data.dept is one of “01”, “02”))');
});

test('a group of one is its member, and a rule turned round twice is itself', () => {
  const rule = startRule('data.id');
  assert.deepEqual(fromGroup(asGroup(rule)), rule);
  assert.deepEqual(turnedRound(turnedRound(rule)), rule);
  assert.deepEqual(fromGroup({ kind: 'any', members: [rule] }), { any: [rule] });
});

test('another operator keeps what was compared with where it can', () => {
  const rule = { left: { path: 'data.dept' }, op: 'eq', right: { value: '01' } } as const;
  const listed = withOperator(rule, 'in');
  assert.deepEqual(listed.right, { value: ['01'] });
  assert.deepEqual(withOperator(listed, 'eq').right, { value: '01' });
  assert.equal('right' in withOperator(rule, 'exists'), false);
  assert.deepEqual(withOperator({ left: { path: 'a' }, op: 'exists' }, 'matches').right, { value: '' });
});

test('an operand keeps what was written when another way to give it is chosen', () => {
  assert.deepEqual(inMode({ path: 'data.id' }, 'expression'), { expression: 'data.id' });
  assert.deepEqual(inMode({ value: '7' }, 'number'), { value: 7 });
  assert.equal(inMode(undefined, 'path'), undefined);
  for (const mode of OPERAND_MODES) {
    const made = inMode({ value: 'x' }, mode);
    if (mode !== 'json') assert.equal(modeOf(made), mode);
  }
});

test('rows without a name, with a name that stands above or with forbidden characters are not kept', () => {
  assert.deepEqual(
    recordOf(
      [
        ['a', '1'],
        ['', '2'],
        ['a', '3'],
        ['b c', '4'],
      ],
      '^[a-z]+$',
    ),
    { a: '1' },
  );
  assert.deepEqual(pairsOf({ a: '1', n: 2 }), [
    ['a', '1'],
    ['n', '2'],
  ]);
});

test('a number is shown in the greatest unit that keeps it whole', () => {
  assert.equal(bestUnit(90_000, DURATION_UNITS), 's');
  assert.equal(bestUnit(86_400_000, DURATION_UNITS), 'd');
  assert.equal(bestUnit(1500, DURATION_UNITS), 'ms');
  assert.equal(bestUnit(33_554_432, SIZE_UNITS), 'MB');
  assert.equal(inSmallest(1.5, 's'), 1500);
});

test('a retry rule is told in plain words', () => {
  const rule = { max: 3, baseMs: 500, factor: 2, capMs: 60_000, on: ['transient' as const] };
  assert.deepEqual(retryPauses(rule, 3), [500, 1000, 2000]);
  const seconds = (ms: number) => `${ms / 1000} 秒`;
  assert.equal(retrySummary(rule, 'zh-CN', seconds), '失败后最多重试 3 次，间隔约 0.5 秒、1 秒、2 秒。全部用完约需 3.5 秒。');
  assert.match(retrySummary({ ...rule, totalMs: 3_000 }, 'en', seconds), /All retries together take about 3 /);
  assert.match(retrySummary({ ...rule, max: 0 }, 'en', seconds), /not retried/);
  assert.deepEqual(retryPauses({ ...rule, capMs: 800 }, 3), [500, 800, 800]);
});

test('a node of a durable flow is tried again by default, one of a sync flow is not', () => {
  const about: HandlingCase = { mode: 'sync', isAction: true, hasErrorPort: true, isErrorConnected: true };
  assert.equal(defaultRetry(about).max, 0);
  assert.equal(defaultRetry({ ...about, mode: 'durable' }).max, 100);
  assert.equal((withDefaults(handlingSchema('error', about), {}) as { onError?: string }).onError, 'port');
});

test('everyday schedules become cron expressions and are known again', () => {
  for (const kind of ['minutes', 'hourly', 'daily', 'weekdays', 'weekly', 'monthly'] as const) {
    const cron = cronOf({ ...EVERYDAY_START, kind, weekday: 3, day: 15 });
    assert.equal(cronOf(everydayOf(cron)!), cron);
    assert.equal(everydayOf(cron)?.kind, kind);
  }
  assert.equal(everydayOf('0 0 1-7 * 1'), undefined);
});

test('the next runs are those of the chosen time zone', () => {
  const from = new Date('2026-06-01T00:00:00Z');
  assert.deepEqual(
    nextRuns('30 2 * * *', 'Asia/Shanghai', 2, from)?.map((run) => run.toISOString()),
    ['2026-06-01T18:30:00.000Z', '2026-06-02T18:30:00.000Z'],
  );
  assert.equal(nextRuns('not a schedule', 'Asia/Shanghai', 2, from), undefined);
});

test('a schema made from a sample is kept by the sample, and by every item of its lists', () => {
  const sample = { id: 1, items: [{ a: 1 }, { a: 1.5, b: 'x' }], none: null, tags: [] };
  const schema = inferSchema(sample);
  const isKept = (value: unknown): boolean => Check(schema as TSchema, value);
  assert.ok(isKept(sample));
  assert.ok(!isKept({ ...sample, items: [{ a: 'text' }] }));
});

test('a new branch has a port name that no other has; moving an item keeps the rest in order', () => {
  assert.equal(freePortName(['yes', 'branch-3'], 'branch'), 'branch-4');
  assert.deepEqual(moved(['a', 'b', 'c'], 0, 2), ['b', 'c', 'a']);
});

function kindsIn(schema: FieldSchema, path = ''): { readonly path: string; readonly kind: string }[] {
  return fieldsOf(schema).flatMap(({ name, schema: field }) => {
    const kind = kindOf(field);
    const inner = kind === 'group' ? field : kind === 'rows' ? field.items : undefined;
    return [{ path: `${path}/${name}`, kind }, ...(inner === undefined ? [] : kindsIn(inner, `${path}/${name}`))];
  });
}

test('a form shows the fields of the chosen product only', () => {
  const shown = (settings: TSchema, record: Readonly<Record<string, unknown>>) =>
    fieldsFor(fieldsOf(asField(settings)), record).map(({ name }) => name);
  const sqlite = shown(DatabaseSettings, { engine: 'sqlite' });
  assert.deepEqual(sqlite, ['engine', 'file', 'connections', 'idleCloseMs']);
  const oracle = shown(DatabaseSettings, { engine: 'oracle' });
  assert.deepEqual(oracle, ['engine', 'host', 'port', 'database', 'user', 'tls', 'allowPlain', 'connections', 'idleCloseMs']);
  assert.ok(!shown(DatabaseSettings, { engine: 'sqlite', host: 'lis' }).includes('host'));
  const ofKafka = shown(MessagingSettings, { broker: 'kafka' });
  for (const name of ['virtualHost', 'addressForm', 'management']) {
    assert.ok(!ofKafka.includes(name), name);
    assert.equal(shown(MessagingSettings, { broker: 'rabbitmq' }).includes(name), name !== 'addressForm');
  }
  assert.ok(!shown(HttpSettings, { baseUrl: 'https://his' }).includes('oauth2'));
  assert.ok(shown(RegistrySettings, {}).includes('api'));
});
