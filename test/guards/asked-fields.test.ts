/** People who decide on a request read each of its fields in their language: every field that can be requested has a text in both languages. */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { requestRules } from '../../control/requests/request-rules.ts';
import type { FieldSchema } from '../../designer/src/kit/form/field-schema.ts';
import { changedFields } from '../../designer/src/pages/audit/changed-fields.ts';
import { adapterFields, fieldWords, GRANT_FIELDS, interfaceFields } from '../../designer/src/pages/requests/asked-fields.ts';
import type { AdapterType } from '../../engine/contract/node/adapter-type.ts';
import { loadPolicies } from '../../gateways/pipeline/load-policies.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const policies = (await loadPolicies()).map(({ name, text, options }) => ({
  name,
  text,
  options: options as unknown as Readonly<Record<string, unknown>>,
}));
const adapterTypes = await Promise.all(
  globSync('nodes/*/*.adapter.ts', { cwd: root }).map(
    async (file) => ((await import(pathToFileURL(`${root}/${file}`).href)) as { default: AdapterType }).default,
  ),
);
const settingsOf = ({ settings }: AdapterType) => adapterFields({ settings: settings as unknown as Readonly<Record<string, unknown>> });

/** What each act shows field by field; acts with a view of their own (`request-sight.tsx`) name no field of a document. */
const FIELDS: Readonly<Record<string, readonly FieldSchema[]>> = {
  'flows.publish': [],
  'interfaces.set-state': [],
  'brokers.purge': [],
  'brokers.remove-destination': [],
  'flow-data.remove-items': [],
  'interfaces.save': [interfaceFields(policies)],
  'grants.save': [GRANT_FIELDS],
  'adapters.save': adapterTypes.map(settingsOf),
};

const UNITS = {
  number: String,
  time: (at: number) => new Date(at).toISOString(),
  duration: (ms: number) => `${ms / 1000} s`,
  size: (bytes: number) => `${bytes / 1024} KB`,
};

test('every act that may be asked for is looked at here', () => {
  assert.deepEqual(Object.keys(requestRules({} as never)).toSorted(), Object.keys(FIELDS).toSorted());
  assert.ok(policies.length > 5 && adapterTypes.length > 2);
});

for (const [act, schemas] of Object.entries(FIELDS))
  test(`each field of ${act} has a Chinese and an English word`, () => {
    assert.deepEqual(
      schemas.flatMap((schema) => wordless(schema, '')),
      [],
    );
  });

function wordless(schema: FieldSchema, at: string): readonly string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const { 'zh-CN': zh = '', en = '' } = field.text?.label ?? {};
    const here = `${at}/${name}`;
    return [...(zh === '' || en === '' || zh === name ? [here] : []), ...wordless(field, here)];
  });
  const inner = [
    ...(schema.anyOf ?? []),
    ...Object.values(schema.patternProperties ?? {}),
    ...(schema.items === undefined ? [] : [schema.items]),
  ];
  return [...own, ...inner.flatMap((member) => wordless(member, at))];
}

test('a new thing is told field by field, in the words and units of its form', () => {
  const { nameOf, valueOf, isOpened } = fieldWords(interfaceFields(policies), 'zh-CN', UNITS);
  const target = { kind: 'upstream', instances: ['https://a:1', 'https://b:2'], honoursIdempotencyKey: true };
  const responseSchema = { type: 'object', properties: {} };
  const after = { dataClass: 'sensitive', timeoutMs: 5000, bodyLimitBytes: 2048, target, responseSchema };
  const told = (changedFields(undefined, after, isOpened) ?? []).map(({ path, after: value }) => [nameOf(path), valueOf(path, value)]);
  assert.deepEqual(told, [
    ['数据级别', '敏感'],
    ['单次超时', '5 s'],
    ['请求体上限', '2 KB'],
    ['目标 › 种类', '后端实例'],
    ['目标 › 后端实例', 'https://a:1\nhttps://b:2'],
    ['目标 › 后端识别幂等键', '是'],
    ['应答格式', JSON.stringify(responseSchema)],
  ]);
  const grant = fieldWords(GRANT_FIELDS, 'en', UNITS);
  assert.match(grant.valueOf(['expiresAt'], Date.UTC(2027, 5, 15)), /^2027-06-1/);
  const http = fieldWords(settingsOf(adapterTypes.find(({ protocol }) => protocol === 'http')!), 'zh-CN', UNITS);
  assert.doesNotMatch(http.nameOf(['environments', 'PROD', 'baseUrl']), /baseUrl/);
});
