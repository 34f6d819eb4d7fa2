import { Type } from 'typebox';
import { definePolicy } from '../../contract.ts';
import { refuse } from '../../errors.ts';

/** Refuses calls of an interface that is offline. */
export default definePolicy({
  name: 'state',
  stage: 'state',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '接口状态', en: 'Interface state' },
    help: { 'zh-CN': '已下线的接口返回 GW40403。', en: 'An interface that is offline returns GW40403.' },
  },
  options: Type.Object({}, { additionalProperties: false }),
  isDefault: () => true,
  isOptional: () => false,
  compile: (_options, target) => (target?.state === 'offline' ? () => refuse('GW40403') : undefined),
});
