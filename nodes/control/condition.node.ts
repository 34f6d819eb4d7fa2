import { Type } from 'typebox';
import { atField } from '../../engine/contract/values/at-field.ts';
import { ConditionRule } from '../../engine/contract/flow/expression-types.ts';
import { defineNode, inPort, type PortSpec } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText, Text } from '../../engine/contract/values/texts.ts';

const Branch = Type.Object(
  {
    port: Type.String({
      ...fieldText(
        '端口',
        'Port',
        '消息离开的端口；不能是 else 或 error。',
        'The port through which the message leaves; not else or error.',
      ),
      pattern: '^[a-z][a-z0-9-]{0,30}$',
    }),
    label: Type.Object(Text.properties, {
      ...fieldText('名称', 'Label', '画布上显示的名称。', 'Shown on the canvas.'),
      ...fieldEditor('text-both'),
      additionalProperties: false,
    }),
    when: ConditionRule,
  },
  { additionalProperties: false },
);
const elsePort: PortSpec = { name: 'else', label: { 'zh-CN': '其他', en: 'Else' } };

/**
 * Sends the message along the first branch whose condition is true, otherwise along `else`: always through exactly
 * one port.
 */
export default defineNode({
  type: 'control.condition',
  major: 1,
  kind: 'control',
  role: 'route',
  category: 'control',
  icon: 'git-branch',
  text: {
    label: { 'zh-CN': '条件分支', en: 'Condition' },
    help: {
      'zh-CN': '从上到下检查条件，走第一个成立的分支；都不成立则走“其他”。',
      en: 'Checks the conditions from the top and takes the first that is true, or “else”.',
    },
    words: '判断 如果 if switch',
  },
  config: Type.Object(
    {
      branches: Type.Array(Branch, {
        ...fieldText('分支', 'Branches', '按顺序检查，第一个成立的生效。', 'Checked in order; the first that is true wins.'),
        ...fieldEditor('branches'),
        minItems: 1,
        maxItems: 50,
      }),
    },
    { additionalProperties: false },
  ),
  ports: { in: [inPort], out: (config) => [...config.branches.map(({ port, label }) => ({ name: port, label })), elsePort] },
  expressions: ['/branches/*/when'],
  check(config) {
    const seen = new Set(['else', 'error']);
    return config.branches.flatMap(({ port }, index) => {
      const message = { 'zh-CN': `端口名“${port}”已被使用`, en: `the port name "${port}" is taken` };
      if (seen.has(port)) return [{ path: `/branches/${index}/port`, message }];
      seen.add(port);
      return [];
    });
  },
  prepare(config, build) {
    const branches = config.branches.map(({ port, when }, index) => ({
      port,
      holds: atField(`/branches/${index}/when`, () => build.compileCondition(when)),
    }));
    return async (ctx, message) => {
      for (const { port, holds } of branches) {
        if (await holds(ctx.scope)) return { emit: { [port]: [message] } };
      }
      return { emit: { else: [message] } };
    };
  },
});
