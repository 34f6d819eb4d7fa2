import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import { ConditionRule, Operand } from '../../../../engine/contract/flow/expression-types.ts';
import { fieldKind, literalsOf, pairValuesOf } from '../../../../engine/contract/values/field-kind.ts';
import { fieldEditor, fieldText, Text } from '../../../../engine/contract/values/texts.ts';

test('tells the kind of a field from its schema', () => {
  const choice = Type.Union([Type.Literal('a'), Type.Literal('b')]);
  const kinds = [
    [Type.Boolean(), 'switch'],
    [Type.Integer(), 'number'],
    [Type.String(), 'text'],
    [choice, 'choice'],
    [Type.Array(choice), 'choices'],
    [Type.Array(Type.String()), 'texts'],
    [Type.Record(Type.String(), Type.String()), 'pairs'],
    [Type.Array(Type.Object({ a: Type.String() })), 'rows'],
    [Type.Object({ a: Type.String() }), 'group'],
    [Operand, 'operand'],
    [ConditionRule, 'condition'],
    [Text, 'text-both'],
  ] as const;
  for (const [schema, kind] of kinds) assert.equal(fieldKind(JSON.parse(JSON.stringify(schema))), kind);
});

test('an editor that the schema names wins; one that is not known does not', () => {
  assert.equal(fieldKind(Type.String({ ...fieldEditor('cron') })), 'cron');
  assert.equal(fieldKind({ type: 'string', editor: 'crystal-ball' }), 'text');
});

test('knows no kind for what a form cannot show', () => {
  for (const schema of [undefined, 1, {}, Type.Unknown(), Type.Array(Type.Unknown()), Type.Record(Type.String(), Type.Unknown())])
    assert.equal(fieldKind(schema), undefined);
});

test('gives the options of a choice and the schema of the values of pairs', () => {
  assert.deepEqual(literalsOf(Type.Union([Type.Literal('1.1'), Type.Literal('1.2')])), ['1.1', '1.2']);
  assert.equal(literalsOf(Operand), undefined);
  assert.equal(fieldKind(pairValuesOf(Type.Record(Type.String(), Type.String({ ...fieldEditor('template') })))), 'template');
});

test('texts of a field carry example and words for options', () => {
  const { text } = fieldText('方式', 'Way', undefined, undefined, { example: 'x', options: { auto: ['自动', 'Automatic'] } });
  assert.deepEqual(text, {
    label: { 'zh-CN': '方式', en: 'Way' },
    example: 'x',
    options: { auto: { 'zh-CN': '自动', en: 'Automatic' } },
  });
});
