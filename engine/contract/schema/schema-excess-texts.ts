import type { Text } from '../values/texts.ts';
import type { SchemaExcess } from './schema-bounds.ts';

/** Returns a text that says which bound the schema exceeds, and what to do. */
export function schemaExcessText({ bound, found, limit, path }: SchemaExcess): Text {
  const place = path === '' ? { zh: '', en: '' } : { zh: `（${path.slice(0, 200)}）`, en: ` at ${path.slice(0, 200)}` };
  const { zh, en } = EXCESS_TEXTS[bound];
  const amount = limit === 0 ? { zh: '', en: '' } : { zh: `：${found}，上限 ${limit}`, en: `: ${found}, at most ${limit}` };
  return { 'zh-CN': `${zh[0]}${amount.zh}${place.zh}。${zh[1]}`, en: `${en[0]}${amount.en}${place.en}. ${en[1]}` };
}

type Sentences = Readonly<Record<'zh' | 'en', readonly [what: string, fix: string]>>;

const SMALLER: Sentences = {
  zh: ['Schema 过大', '请只保留需要校验的部分，或拆成几个节点'],
  en: ['The schema is too large', 'Keep only what must be checked, or split it over several nodes'],
};
const EXCESS_TEXTS: Readonly<Record<SchemaExcess['bound'], Sentences>> = {
  bytes: SMALLER,
  subschemas: SMALLER,
  depth: {
    zh: ['Schema 嵌套过深', '请用 $defs 和 $ref 把内层移出'],
    en: ['The schema is nested too deeply', 'Move inner schemas to $defs and reference them'],
  },
  references: {
    zh: ['Schema 的引用过多', '请合并相同的定义'],
    en: ['The schema has too many references', 'Merge identical definitions'],
  },
  branches: {
    zh: ['同一个值要经过的分支过多（含引用）', '请减少 anyOf、oneOf、allOf 的分支'],
    en: ['One value would be checked against too many branches, references included', 'Reduce the branches of anyOf, oneOf and allOf'],
  },
  growth: {
    zh: ['校验工作量随数据层级成倍增长', '请只让一个分支指向自身'],
    en: ['The work multiplies with each level of the data', 'Let only one branch reference itself'],
  },
  multiple: {
    zh: ['校验工作量随数据层级成倍增长', '请只让一个分支指向自身'],
    en: ['The work multiplies with the levels of the data', 'Let only one branch reference itself'],
  },
  reference: {
    zh: ['引用的写法不受支持，或没有指向任何定义', '请写成 #/$defs/名称、# 或 #锚点名'],
    en: ['A reference has no target, or is written in a form that is not supported', 'Write #/$defs/name, # or #anchor'],
  },
  resource: {
    zh: ['不支持动态引用、$async、内层 $id 和重复的 $anchor', '请改用 $defs 和 $ref，$id 只写在最外层'],
    en: [
      'Dynamic references, $async, an inner $id and an $anchor given twice are not supported',
      'Use $defs and $ref, and $id only at the root',
    ],
  },
  name: {
    zh: ['Schema 不能约束名为 __proto__ 的字段', '请删去该字段；用 additionalProperties 或 propertyNames 可拒绝它'],
    en: ['A schema cannot describe a field named __proto__', 'Remove it; additionalProperties or propertyNames can refuse the field'],
  },
  loop: {
    zh: ['引用绕回到同一个值，校验永远不会结束', '请去掉这个循环引用'],
    en: ['A reference leads back to the same value, so the check would never end', 'Remove this circle of references'],
  },
  pattern: {
    zh: ['正则表达式展开后过大', '请减小其中的重复次数'],
    en: ['A pattern is too large when its repetitions are expanded', 'Use fewer repetitions'],
  },
  'pattern-length': {
    zh: ['正则表达式过长', '请缩短它'],
    en: ['A pattern is too long', 'Shorten it'],
  },
};
