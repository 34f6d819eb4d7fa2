import { Type } from 'typebox';
import { withData } from '../../engine/contract/values/message.ts';
import { valuesBy } from '../../engine/contract/values/named-values.ts';
import { defineNode, inPort, outPort } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';

/**
 * Waits for branches (the engine counts them) and returns one object with a field per branch. The field has the
 * source node's id or a name from the configuration. A failed branch appears as `{ error }`.
 */
export default defineNode({
  type: 'control.join',
  major: 1,
  kind: 'control',
  role: 'join',
  category: 'control',
  icon: 'merge',
  text: {
    label: { 'zh-CN': '汇合（旧版）', en: 'Join (old)' },
    help: {
      'zh-CN': '旧版：“任意一个”也会被失败的分支占先。新流程请用“汇合”。',
      en: 'The old version: with “any”, a failed branch can be the first too. Use “Join” in new flows.',
    },
  },
  config: Type.Object(
    {
      mode: Type.Union([Type.Literal('all'), Type.Literal('any'), Type.Literal('n-of')], {
        ...fieldText('等待', 'Wait for', undefined, undefined, {
          options: { all: ['全部分支', 'All branches'], any: ['任意一个', 'Any one'], 'n-of': ['其中若干个', 'Some of them'] },
        }),
        default: 'all',
      }),
      n: Type.Optional(
        Type.Integer({ ...fieldText('个数', 'Number', '等待“其中若干个”时填写。', 'For “Some of them”.'), minimum: 1, maximum: 50 }),
      ),
      names: Type.Optional(
        valuesBy('node', Type.String({ minLength: 1, maxLength: 100 }), {
          ...fieldText('字段名', 'Field names', '每个来源节点在结果中的字段名。', 'The name of each source node’s field in the result.'),
          ...fieldEditor('branch-names'),
        }),
      ),
    },
    { additionalProperties: false },
  ),
  ports: { in: [inPort], out: [outPort] },
  check(config) {
    if (config.mode === 'n-of' && config.n === undefined)
      return [{ path: '/n', message: { 'zh-CN': '“任意 n 路”方式须填写数量 n', en: 'n-of needs the number n' } }];
    const names = Object.values(config.names ?? {});
    return new Set(names).size < names.length || names.includes('__proto__')
      ? [{ path: '/names', message: { 'zh-CN': '各分支的字段名不能重复', en: 'each branch needs its own field name' } }]
      : [];
  },
  prepare: (config) => (_ctx, message) => {
    const parts = Object.entries((message.data ?? {}) as Readonly<Record<string, unknown>>);
    const data = Object.fromEntries(parts.map(([id, value]) => [config.names?.[id] ?? id, value]));
    return { emit: { out: [withData(message, data, 'application/json')] } };
  },
});
