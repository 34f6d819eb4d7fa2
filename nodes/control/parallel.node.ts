import { Type } from 'typebox';
import { defineNode, inPort } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText, Text } from '../../engine/contract/values/texts.ts';

const Branch = Type.Object(
  {
    port: Type.String({
      ...fieldText('端口', 'Port', '分支由它离开；不能是 error。', 'The port through which the branch leaves; not error.'),
      pattern: '^[a-z][a-z0-9-]{0,30}$',
    }),
    label: Type.Object(Text.properties, {
      ...fieldText('名称', 'Label', '画布上显示的名称。', 'Shown on the canvas.'),
      ...fieldEditor('text-both'),
      additionalProperties: false,
    }),
  },
  { additionalProperties: false },
);

/** Sends the same message along every branch. A join can bring the branches together again. */
export default defineNode({
  type: 'control.parallel',
  major: 1,
  kind: 'control',
  role: 'parallel',
  category: 'control',
  icon: 'split',
  text: {
    label: { 'zh-CN': '并行', en: 'Parallel' },
    help: { 'zh-CN': '把同一条消息同时发往每个分支。', en: 'Sends the same message to all branches at the same time.' },
    words: '并发 分发 fork split',
  },
  config: Type.Object(
    {
      branches: Type.Array(Branch, {
        ...fieldText('分支', 'Branches', '2 到 50 个，同时进行。', '2 to 50, all at the same time.'),
        ...fieldEditor('ports'),
        minItems: 2,
        maxItems: 50,
      }),
    },
    { additionalProperties: false },
  ),
  ports: { in: [inPort], out: (config) => config.branches.map(({ port, label }) => ({ name: port, label })) },
  check(config) {
    const names = config.branches.map(({ port }) => port);
    return names.flatMap((name, index) =>
      name === 'error' || names.indexOf(name) < index
        ? [{ path: `/branches/${index}/port`, message: { 'zh-CN': `端口名“${name}”已被使用`, en: `the port name "${name}" is taken` } }]
        : [],
    );
  },
  prepare: (config) => (_ctx, message) => ({ emit: Object.fromEntries(config.branches.map(({ port }) => [port, [message]])) }),
});
