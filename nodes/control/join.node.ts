import { Type } from 'typebox';
import { withData } from '../../engine/contract/values/message.ts';
import { valuesBy } from '../../engine/contract/values/named-values.ts';
import { defineNode, errorPort, inPort, outPort } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';

/**
 * Major version 1 has the mode `any` instead of `first-success` and `first-end`. With `any`, a failed branch can also
 * be the first.
 */
const MODES = ['all', 'first-success', 'first-end', 'n-of'] as const;

/**
 * Waits for branches (the engine counts them) and returns one object with a field per branch. The field has the
 * source node's id or a name from the configuration. A failed branch appears as `{ error }`.
 */
export default defineNode({
  type: 'control.join',
  major: 2,
  kind: 'control',
  role: 'join',
  category: 'control',
  icon: 'merge',
  text: {
    label: { 'zh-CN': '汇合', en: 'Join' },
    help: {
      'zh-CN': '等待最先成功的分支、最先结束的分支、全部或其中几个分支，把结果合成一个对象。',
      en: 'Waits for the first branch that succeeds, the first that ends, all or some, and combines their results into one object.',
    },
    words: '合并 汇合 merge',
  },
  config: Type.Object(
    {
      mode: Type.Union([Type.Literal('all'), Type.Literal('first-success'), Type.Literal('first-end'), Type.Literal('n-of')], {
        ...fieldText('等待', 'Wait for', undefined, undefined, {
          options: {
            all: ['全部分支', 'All branches'],
            'first-success': ['最先成功的分支', 'The first that succeeds'],
            'first-end': ['最先结束的分支（成功或失败）', 'The first that ends, completed or failed'],
            'n-of': ['其中若干个', 'Some of them'],
          },
        }),
        default: 'first-success',
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
  ports: { in: [inPort], out: [outPort, errorPort] },
  upgrade(old) {
    const config = old as { readonly mode?: string };
    const mode =
      config.mode === undefined ? 'all' : config.mode === 'any' ? 'first-success' : (MODES.find((known) => known === config.mode) ?? 'all');
    return { ...config, mode };
  },
  upgradeChanges: [
    {
      'zh-CN': '“任意一个”改为“最先成功的分支”：失败的分支不再占先。',
      en: '“Any one” becomes “The first that succeeds”: a failed branch is no longer the first.',
    },
    {
      'zh-CN': '所有分支都失败时，从“错误”端口发出；请为它连线，否则执行以失败结束。',
      en: 'If all branches fail, the error port is taken. Connect it; otherwise the execution ends as failed.',
    },
  ],
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
