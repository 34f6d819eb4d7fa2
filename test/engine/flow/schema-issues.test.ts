import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import { NAME_RULES } from '../../../engine/contract/values/named-values.ts';
import { errorText } from '../../../engine/contract/error-texts/error-texts.ts';
import { fieldText } from '../../../engine/contract/values/texts.ts';
import { schemaIssues, type Fits } from '../../../engine/flow/schema-issues.ts';
import { Value } from 'typebox/value';

const LONG = `^(?:${'[a-z0-9]{1,5}'.repeat(12)})$`;
const SCHEMA = Type.Object({
  ruled: Type.Optional(
    Type.String({ ...fieldText('名称', 'Name', '帮助。', 'Help.', { pattern: ['小写字母', 'Small letters'] }), pattern: LONG }),
  ),
  shown: Type.Optional(Type.String({ ...fieldText('路径', 'Path', '接在地址之后。', 'Appended.', { example: '/a' }), pattern: LONG })),
  header: Type.Optional(
    Type.String({ ...fieldText('消息头', 'Header', '帮助。', 'Help.', { example: 'x-id' }), pattern: NAME_RULES.header.pattern }),
  ),
  list: Type.Optional(
    Type.Array(Type.String({ pattern: LONG }), fieldText('状态码', 'Status', undefined, undefined, { example: '200-299' })),
  ),
  text: Type.Optional(
    Type.Object({ bare: Type.Optional(Type.String({ pattern: LONG })) }, fieldText('组', 'Group', '组的帮助', 'Of the group')),
  ),
  short: Type.Optional(Type.String({ ...fieldText('编号', 'Id'), pattern: '^[a-z]+$' })),
  bare: Type.Optional(Type.String({ pattern: LONG })),
});
const fits: Fits = (schema, value) => Value.Check(schema, value);

test('the problem of a value of the wrong form is described in the words of its field, and a long pattern is never shown', () => {
  const cases: readonly [value: object, zhCN: string, en: string][] = [
    [{ ruled: '!' }, '格式不正确。小写字母', 'The format is wrong. Small letters.'],
    [{ shown: '!' }, '格式不正确。接在地址之后。例如 /a', 'The format is wrong. Appended. For example: /a'],
    [
      { header: 'x id' },
      `格式不正确。${NAME_RULES.header.text['zh-CN']}。例如 x-id`,
      `The format is wrong. ${NAME_RULES.header.text.en}. For example: x-id`,
    ],
    [{ list: ['!'] }, '格式不正确。例如 200-299', 'The format is wrong. For example: 200-299'],
    [{ text: { bare: '!' } }, '“bare”格式不正确', '"bare" has the wrong format.'],
    [{ short: '!' }, '“short”格式不正确，须符合模式 ^[a-z]+$', '"short" must match the pattern ^[a-z]+$.'],
    [{ bare: '!' }, '“bare”格式不正确', '"bare" has the wrong format.'],
  ];
  for (const [value, zhCN, en] of cases)
    for (const one of [undefined, fits]) {
      const issues = schemaIssues(SCHEMA, value, 'FLOW_CONFIG', '', one);
      assert.equal(issues.length, 1);
      assert.deepEqual([errorText(issues[0]!, 'zh-CN').what, errorText(issues[0]!, 'en').what], [zhCN, en]);
      assert.ok(!JSON.stringify(issues).includes('{1,5}'));
    }
});

test('the message of the API names the field', () => {
  const [issue] = schemaIssues(SCHEMA, { shown: '!' }, 'FLOW_CONFIG');
  assert.equal(issue?.message, '"shown": The format is wrong. Appended. For example: /a');
});
