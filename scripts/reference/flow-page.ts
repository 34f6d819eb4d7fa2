import { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import { exampleFlow } from './examples.ts';
import { fieldTable, GENERATED, inBoth, json, undescribedOf, type Page } from './markdown.ts';
import { rowsOf } from './schema-rows.ts';

/** Fields that contain other fields and so have their own sections; all others are in the first table. */
const SECTIONS: Readonly<Record<string, Text>> = {
  nodes: {
    en: 'The steps. `config` is described with [each node type](nodes/README.md), `handling` here.',
    'zh-CN': '流程的步骤。`config` 见[各节点类型](nodes/README.md)，`handling` 见下表。',
  },
  edges: {
    en: 'Several edges may lead into one node only where at most one of them can carry a message; `control.join` joins what runs side by side.',
    'zh-CN': '只有在至多一条会有消息时，多条连线才能进入同一节点；并行的分支用 `control.join` 汇合。',
  },
  ingress: {
    en: 'Keys are [expressions or paths](conditions.md#paths) over the message of the trigger; `lane` is for durable flows.',
    'zh-CN': '各个键是对触发器消息的[表达式或路径](conditions.md#paths)；`lane` 只用于可靠异步流程。',
  },
  recording: { en: 'What is kept of each execution, and for how long.', 'zh-CN': '每次运行留存什么、留存多久。' },
  tests: {
    en: '`kangqiao flow test FILE` runs them, and so does each publish. Nothing is sent and nothing is stored.',
    'zh-CN': '`kangqiao flow test FILE` 运行它们，每次发布也会运行；不发出、不存储任何内容。',
  },
  layout: {
    en: 'Places on the canvas. They are not part of what runs, and no change of them is a new version.',
    'zh-CN': '画布上的位置，不影响运行，改动也不产生新版本。',
  },
};

export function flowPage(): Page {
  const rows = rowsOf(FlowDocument);
  const sectionOf = (path: string) => Object.keys(SECTIONS).find((name) => path.startsWith(`${name}.`) || path.startsWith(`${name}[`));
  const parts = Object.entries(SECTIONS).map(([name, text]) => {
    const inside = rows.filter(({ path }) => sectionOf(path) === name);
    return `## \`${name}\`\n\n${inBoth(text)}\n\n${fieldTable(inside)}`;
  });
  const top = fieldTable(rows.filter(({ path }) => sectionOf(path) === undefined));
  return {
    file: 'flow-document.md',
    text: `${[GENERATED, INTRODUCTION, top, ...parts, EXAMPLES].join('\n\n')}\n`,
    undescribed: undescribedOf(rows, 'flow document'),
  };
}

const INTRODUCTION = `# The flow document · 流程文档

A flow is one JSON document, whether it is drawn in the console or kept in Git (\`kangqiao flow get\`, \`publish\`).
No field but these is allowed. \`kangqiao flow validate FILE\` and \`POST /api/v1/flows/validate\` report every
problem at once, with its JSON Pointer.

流程是一个 JSON 文档，可以在控制台画，也可以放在 Git 里。表中以外的字段一律拒绝。*required* 为必填；\`[]\` 表示列表的每一项，\`<name>\` 表示任意名称。

*required* must be there; \`[]\` stands for each item of a list, \`<name>\` for any name. A default of a group counts
when the group is there.`;

const EXAMPLES = `## Examples · 示例

A sync flow: the caller sends an order; an unknown kind is refused, all others are mapped and answered.

${json(exampleFlow('answer-a-call'))}

A durable flow: orders of one patient go out one after the other, each once; what the hospital does not take is
retried for a day, then held.

${json(exampleFlow('send-in-order'))}

Two hospitals are asked at once, and one that fails does not cost the answer of the other.

${json(exampleFlow('ask-side-by-side'))}

A list is worked through item by item; whatever goes wrong ends in one error of the flow's own.

${json(exampleFlow('work-through-a-list'))}`;
