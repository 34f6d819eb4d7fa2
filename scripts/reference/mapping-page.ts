import { MAPPING_PARTS, MappingSchema } from '../../nodes/shared/mapping/mapping-document.ts';
import type { ValueFunction } from '../../engine/functions/value-function.ts';
import { valueFunctions } from '../../engine/functions/value-functions.ts';
import { PICTURE_FIELDS } from '../../engine/functions/date-picture.ts';
import { mappingExamples } from './examples.ts';
import { fieldTable, GENERATED, inBoth, json, table, undescribedOf, type Page } from './markdown.ts';
import { code, rowsOf } from './schema-rows.ts';

const GROUPS: Readonly<Record<ValueFunction['group'], string>> = {
  text: 'Text · 文本',
  number: 'Numbers · 数字',
  date: 'Dates · 日期',
  person: 'Persons · 人员',
  choice: 'Choices and lists · 取值与列表',
  list: 'Lists · 列表',
  pattern: 'Patterns · 正则',
  encoding: 'Encodings · 编码',
  digest: 'Digests · 摘要',
};

export function mappingPage(): Page {
  const whole = rowsOf(MappingSchema);
  const rule = rowsOf(MAPPING_PARTS.Rule);
  const sources = MAPPING_PARTS.Source.anyOf.map((source) => rowsOf(source));
  const groups = Object.entries(GROUPS).map(
    ([group, title]) => `### ${title}\n\n${functionTable(valueFunctions.filter((one) => one.group === group))}`,
  );
  const parts = [
    GENERATED,
    INTRODUCTION,
    fieldTable(whole),
    RULES,
    fieldTable(rule),
    SOURCES,
    ...sources.map((rows) => fieldTable(rows)),
    FUNCTIONS,
    ...groups,
    PICTURES,
    '## Examples · 示例',
    ...examples(),
  ];
  const undescribed = undescribedOf([...whole, ...rule, ...sources.flat()], 'mapping');
  return { file: 'mappings.md', text: `${parts.join('\n\n')}\n`, undescribed };
}

function functionTable(functions: readonly ValueFunction[]): string {
  return table(
    ['function', 'meaning', '含义', 'example'],
    functions.map((one) => [
      code(signature(one), ''),
      `**${one.label.en}**. ${one.help.en}`,
      `**${one.label['zh-CN']}**。${one.help['zh-CN']}`,
      one.examples
        .map(({ args, gives }) => `\`${args.map((arg) => JSON.stringify(arg)).join(', ')}\` → \`${JSON.stringify(gives)}\``)
        .join('; '),
    ]),
  );
}

function signature({ name, args, isVariadic }: ValueFunction): string {
  const shown = args.map(({ label, isOptional }) => (isOptional ? `[${label.en.toLowerCase()}]` : label.en.toLowerCase()));
  return `${name}(${shown.join(', ')}${isVariadic ? ', …' : ''})`;
}

function examples(): string[] {
  return mappingExamples.map(({ about, mapping, tables, data, gives }) => {
    const withTables = tables === undefined ? '' : ` and the code tables ${code(tables)}`;
    return `${inBoth(about)}\n\n${json(mapping)}\n\nOf the data ${code(data)}${withTables} it makes · 得到：\n\n${json(gives)}`;
  });
}

const INTRODUCTION = `# Mappings · 映射

A mapping builds new data by rules: it is the \`mapping\` of [\`transform.map\`](nodes/transform.map@1.md). Rules run
in their order; every rule that fails is named at once, by its place and never by its value.

映射按规则生成新数据，是 [\`transform.map\`](nodes/transform.map@1.md) 的 \`mapping\`。规则按顺序执行；所有出错的规则一并列出，只说位置，不说内容。`;

const RULES = '## Rules · 规则';

const SOURCES = `## Sources · 来源

A source is one of these six · 来源是以下六种之一。`;

const FUNCTIONS = `## Functions · 函数

A call is \`{"fn": "padLeft", "args": [{"path": "data.no"}, {"value": 3}, {"value": "0"}]}\`. Arguments in brackets
may be left out. An argument that is absent makes the result absent, unless the function says otherwise; what a
function cannot work with fails the mapping: \`MAP_FUNCTION_FAILED\`.

函数调用写作 \`{"fn": "padLeft", "args": […]}\`。方括号中的参数可以不填。参数不存在时结果也不存在（另有说明的除外）；函数无法处理时映射失败：\`MAP_FUNCTION_FAILED\`。`;

const PICTURES = `## Date pictures · 日期格式

${table(
  ['letters', 'meaning', '含义'],
  Object.entries(PICTURE_FIELDS).map(([letters, [zhCN, en]]) => [code(letters, ''), en, zhCN]),
)}

\`T\`, \`Z\`, digits, signs and other scripts stay as they are; any other letter is refused. What a picture does not
name is that of midnight. A zone is \`Z\` or an offset such as \`+08:00\`, which is the default.

\`T\`、\`Z\`、数字、符号和汉字原样保留，其他字母会被拒绝。格式中没有的部分按零点计。时区写 \`Z\` 或 \`+08:00\` 这样的偏移，默认 \`+08:00\`。`;
