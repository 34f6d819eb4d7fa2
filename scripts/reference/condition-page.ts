import { COMPARISON_HELP, COMPARISON_LABELS } from '../../engine/contract/flow/comparison-texts.ts';
import { COMPARISONS, type Comparison } from '../../engine/contract/flow/expression-types.ts';
import { comparisonExamples, conditionExamples, scopeExample, type ComparisonExample } from './examples.ts';
import { GENERATED, inBoth, json, table, type Page } from './markdown.ts';
import { code } from './schema-rows.ts';

export function conditionPage(): Page {
  const parts = [
    GENERATED,
    INTRODUCTION,
    operators(),
    OPERANDS,
    PATHS,
    paths(),
    EXPRESSIONS,
    expressions(),
    '## Examples · 示例',
    ...examples(),
  ];
  return { file: 'conditions.md', text: `${parts.join('\n\n')}\n`, undescribed: [] };
}

function operators(): string {
  return table(
    ['`op`', 'meaning', '含义', 'example'],
    COMPARISONS.map((op) => [
      code(op, ''),
      sentence(op, 1),
      sentence(op, 0),
      comparisonExamples
        .filter((one) => one.op === op)
        .map(shown)
        .join('; '),
    ]),
  );
}

function sentence(op: Comparison, language: 0 | 1): string {
  return `**${COMPARISON_LABELS[op][language]}**${language === 1 ? '. ' : '。'}${COMPARISON_HELP[op][language]}`;
}

function shown({ left, op, right, holds }: ComparisonExample): string {
  const side = right === undefined ? '' : ` ${JSON.stringify(right)}`;
  return `\`${JSON.stringify(left)} ${op}${side}\` ${holds ? 'holds' : 'does not hold'}`;
}

function paths(): string {
  return table(
    ['path', 'gives'],
    scopeExample.paths.map(({ path, gives }) => [code(path, ''), code(gives)]),
  );
}

function expressions(): string {
  return table(
    ['expression', 'gives'],
    scopeExample.expressions.map(({ expression, gives }) => [code(expression, ''), code(gives)]),
  );
}

function examples(): string[] {
  return conditionExamples.map(
    ({ about, rule, data, holds }) =>
      `${inBoth(about)}\n\n${json(rule)}\n\nWith the data ${code(data)} it ${holds ? 'holds · 成立' : 'does not hold · 不成立'}.`,
  );
}

const INTRODUCTION = `# Conditions · 条件

A condition is a comparison, or a group of conditions: \`{"all": […]}\` (an empty group holds), \`{"any": […]}\` (an
empty group does not hold) or \`{"not": …}\`. Groups nest up to 16 levels, with up to 100 conditions each. Conditions
stand in the branches of \`control.condition\`, in rules of [mappings](mappings.md), and wherever the console shows
rows of a condition.

条件是一次比较，或一组条件：\`{"all": […]}\` 全部成立（空组成立）、\`{"any": […]}\` 任一成立（空组不成立）、\`{"not": …}\` 取反。最多 16 层，每组最多 100 条。

A comparison is \`{"left": operand, "op": operator, "right": operand}\`; \`exists\`, \`absent\`, \`empty\` and
\`not-empty\` have no right side.

比较写作 \`{"left": 操作数, "op": 运算符, "right": 操作数}\`；\`exists\`、\`absent\`、\`empty\`、\`not-empty\` 没有右边。`;

const OPERANDS = `## Operands

An operand is one of · 操作数是以下之一：

${table(
  ['operand', 'meaning', '含义'],
  [
    ['`{"path": "…"}`', 'The value at a [path](#paths).', '[路径](#paths)处的值。'],
    ['`{"value": …}`', 'A fixed value: any JSON.', '固定值：任意 JSON。'],
    ['`{"expression": "…"}`', 'The result of an [expression](#expressions).', '[表达式](#expressions)的结果。'],
  ],
)}`;

const PATHS = `## Paths

A path begins with \`data\` (content of the message), \`headers\`, \`keys\` (business keys), \`nodes.<id>\` (output of
a node that ran before) or \`now\` (time of acceptance, in milliseconds); inside a loop of a mapping also with
\`item\`, \`index\` or \`outer\`. Fields follow by dot, items by \`[i]\`, counted from 0, or from the end when
negative. A field with other characters stands in backquotes. What is not there is absent, never an error.

路径以 \`data\`（消息内容）、\`headers\`（消息头）、\`keys\`（业务键）、\`nodes.<编号>\`（此前节点的输出）或 \`now\`（受理时间，毫秒）开头；映射的循环中还可用
\`item\`、\`index\`、\`outer\`。字段用点分隔，列表项写 \`[i]\`，从 0 起，负数从末尾数。含其他字符的字段写在反引号中。没有的值视为不存在，不会报错。

The examples of this page read this scope · 本页的示例读取以下作用域：

${json({ ...scopeExample.message, nodes: scopeExample.nodes, now: scopeExample.now })}`;

const EXPRESSIONS = `## Expressions

An expression is [JSONata](https://jsonata.org) over the same names; a path is one too. Functions and names that do
not exist are refused at publish.

表达式使用 [JSONata](https://jsonata.org)，可用的名称与路径相同；路径本身也是表达式。不存在的函数和名称在发布时被拒绝。

The functions of [mappings](mappings.md#functions--函数) are called by \`$\` and their name, for example
\`$sm3(data.id)\`. Where JSONata has a function with the same name (\`$sum\`, \`$sort\`, \`$round\` …), that one is called.

[映射函数](mappings.md#functions--函数)在表达式中写作 \`$\` 加函数名，例如 \`$sm3(data.id)\`；与 JSONata 函数同名时（\`$sum\`、\`$sort\`、
\`$round\` 等），调用的是 JSONata 的函数。

Regular expressions in them (\`/…/\`, with \`i\` and \`m\`) are matched by RE2, in linear time: no look-around
(\`(?=…)\`, \`(?<=…)\`), no back references (\`\\1\`), counts up to 1,000. With \`m\`, nothing of a line may stand behind
\`$\`. What cannot be matched so is refused at publish, with what to write instead; a flow that was published with
it before goes on, and is ended at its time limit.

其中的正则表达式（\`/…/\`，可带 \`i\`、\`m\`）由 RE2 在线性时间内匹配：不支持环视（\`(?=…)\`、\`(?<=…)\`）和反向引用（\`\\1\`），重复次数
最多 1000；带 \`m\` 时，\`$\` 之后不能再有内容。不能匹配的写法在发布时被拒绝，并提示替代写法；此前已发布的流程照常运行，超过时限则被终止。

Expressions with regular expressions, functions of their own or ranges run in the sandbox, which all flows share by
computing time. A step that waits for it longer than 0.1 s says so on the message page.

含正则表达式、自定义函数或区间的表达式在沙箱中计算；所有流程按计算时间共用沙箱。步骤等待超过 0.1 秒时，消息页会显示等待了多久。`;
