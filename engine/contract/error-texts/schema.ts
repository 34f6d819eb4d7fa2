/** Texts for violations of a JSON Schema, in any document. `schema-problem.ts` creates the values. */
import { NAME_RULES, type NameRule } from '../values/named-values.ts';
import type { ErrorTemplates } from './template.ts';

const nameText = (rule: NameRule) => ({
  what: `名称[“{field}”]不符合要求，应为：${NAME_RULES[rule].text['zh-CN']}`,
  fix: '更正该名称，或删除这一项。',
});

export const schemaTexts: ErrorTemplates = {
  'schema/required': { what: '缺少必填项[“{field}”]', fix: '补充[“{field}”]后重试。' },
  'schema/unknown-field': { what: '此处没有[“{field}”]这一字段', fix: '删除该字段，或更正字段名。' },
  'schema/additionalProperties': { what: '含有不允许的字段', fix: '删除多余的字段，或更正字段名。' },
  'schema/unevaluatedProperties': { what: '含有不允许的字段', fix: '删除多余的字段，或更正字段名。' },
  'schema/type': { what: '[“{field}”]类型不正确，应为{expected}', fix: '改为{expected}类型的值。' },
  'schema/enum': { what: '[“{field}”]的取值不在允许范围内[，可选：{allowed}]', fix: '从可选值中选择一个。' },
  'schema/const': { what: '[“{field}”]只能取固定值[ {allowed}]', fix: '改为该固定值。' },
  'schema/minLength': { what: '[“{field}”]至少 {limit} 个字符', fix: '补足内容后重试。' },
  'schema/maxLength': { what: '[“{field}”]最多 {limit} 个字符', fix: '缩短内容后重试。' },
  'schema/minimum': { what: '[“{field}”]不能小于 {limit}', fix: '填写不小于 {limit} 的数字。' },
  'schema/maximum': { what: '[“{field}”]不能大于 {limit}', fix: '填写不大于 {limit} 的数字。' },
  'schema/exclusiveMinimum': { what: '[“{field}”]须大于 {limit}', fix: '填写大于 {limit} 的数字。' },
  'schema/exclusiveMaximum': { what: '[“{field}”]须小于 {limit}', fix: '填写小于 {limit} 的数字。' },
  'schema/multipleOf': { what: '[“{field}”]须为 {limit} 的整数倍', fix: '改为 {limit} 的整数倍。' },
  'schema/minItems': { what: '[“{field}”]至少 {limit} 项', fix: '补足条目后重试。' },
  'schema/maxItems': { what: '[“{field}”]最多 {limit} 项', fix: '减少条目后重试。' },
  'schema/uniqueItems': { what: '[“{field}”]含有重复的条目', fix: '删除重复的条目。' },
  'schema/minProperties': { what: '[“{field}”]至少 {limit} 个字段', fix: '补足字段后重试。' },
  'schema/maxProperties': { what: '[“{field}”]最多 {limit} 个字段', fix: '减少字段后重试。' },
  'schema/propertyNames': { what: '[“{field}”]中有字段名不符合规则', fix: '更正字段名。' },
  'schema/pattern': { what: '[“{field}”]格式不正确[，须符合模式 {pattern}]', fix: '按要求的格式填写。' },
  'schema/name-key': nameText('key'),
  'schema/name-header': nameText('header'),
  'schema/name-node': nameText('node'),
  'schema/name-id': nameText('id'),
  'schema/control-characters': {
    what: '[“{field}”]含有控制字符或改变文字方向的字符',
    fix: '删除这些看不见的字符后重新输入。',
  },
  'schema/format': { what: '[“{field}”]格式不正确[，须为 {format} 格式]', fix: '按要求的格式填写。' },
  'schema/dependentRequired': { what: '[“{field}”]与其他字段须同时填写', fix: '补充与其配套的字段。' },
  'schema/dependencies': { what: '[“{field}”]与其他字段须同时填写', fix: '补充与其配套的字段。' },
  'schema/contains': { what: '[“{field}”]缺少应有的条目', fix: '补充符合要求的条目。' },
  'schema/anyOf': { what: '[“{field}”]不符合任何一种允许的形式', fix: '按其中一种形式填写。' },
  'schema/oneOf': { what: '[“{field}”]须恰好符合一种允许的形式', fix: '按其中一种形式填写。' },
  'schema/not': { what: '[“{field}”]取了不允许的值', fix: '改为其他值。' },
  'schema/if': { what: '[“{field}”]不符合条件要求', fix: '按要求更正。', original: true },
};
