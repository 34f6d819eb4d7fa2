import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import fc from 'fast-check';
import { errorText } from '../../../../engine/contract/error-texts/error-texts.ts';
import { NAME_RULES, valuesBy, valuesByName, type NameRule } from '../../../../engine/contract/values/named-values.ts';
import { schemaIssues } from '../../../../engine/flow/schema-issues.ts';

const fits = (schema: TSchema, value: unknown) => Compile(schema).Check(value);

test('a record takes the names of its rule alone, and checks every value', () => {
  for (const rule of Object.keys(NAME_RULES) as NameRule[]) {
    const check = Compile(valuesBy(rule, Type.String()));
    const allowed = new RegExp(NAME_RULES[rule].pattern, 'u');
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(allowed)), fc.jsonValue(), (name, value) => {
        const record = Object.fromEntries([[name, value]]);
        assert.equal(check.Check(record), allowed.test(name) && typeof value === 'string');
      }),
    );
  }
  const any = Compile(valuesByName(Type.String()));
  fc.assert(fc.property(fc.string(), fc.jsonValue(), (name, value) => any.Check({ [name]: value }) === (typeof value === 'string')));
});

test('a name that is not allowed is told once, with what is allowed and without its control characters', () => {
  const schema = Type.Object({ headers: valuesBy('header', Type.String()) });
  for (const how of [undefined, fits]) {
    const [issue, ...more] = schemaIssues(schema, { headers: { good: '1', 'x\r\ny': '2' } }, 'FLOW_CONFIG', '', how);
    assert.deepEqual(more, []);
    assert.equal(issue?.path, '/headers/x\r\ny');
    assert.equal(issue.message, `The name "x\\r\\ny" is not allowed here: ${NAME_RULES.header.text.en}.`);
    assert.equal(errorText(issue, 'zh-CN').what, `名称“x\\r\\ny”不符合要求，应为：${NAME_RULES.header.text['zh-CN']}`);
  }
  const empty = schemaIssues(schema, { headers: { '': '2' } }, 'FLOW_CONFIG');
  assert.deepEqual(
    empty.map((issue) => errorText(issue, 'zh-CN').what),
    [`名称不符合要求，应为：${NAME_RULES.header.text['zh-CN']}`],
  );
});
