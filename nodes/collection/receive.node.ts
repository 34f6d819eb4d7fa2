import { Type, type Static } from 'typebox';
import type { CollectedGroup, Taken } from '../../engine/contract/node/collections.ts';
import { createMessage } from '../../engine/contract/values/message.ts';
import { fromErrorRecord } from '../../engine/contract/values/errors.ts';
import { defineNode, outPort, type Emit, type Stop, type TriggerContext } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { lookRegularly } from '../shared/look-regularly.ts';
import { outcomeOf } from '../shared/outcome-of.ts';
import { CollectionField } from './collection-field.ts';

const Config = Type.Object(
  {
    collection: CollectionField,
    maxItems: Type.Integer({
      ...fieldText('最多条数', 'Most items', '达到时成组。', 'A group is complete with so many.'),
      minimum: 1,
      maximum: 1000,
      default: 100,
    }),
    maxBytes: Type.Integer({
      ...fieldText(
        '最大字节数',
        'Most bytes',
        '达到时成组；单条超过时自成一组。',
        'A group is complete with so many; a larger item is a group of its own.',
      ),
      minimum: 1024,
      maximum: 52_428_800,
      default: 5_242_880,
    }),
    maxWaitSec: Type.Integer({
      ...fieldText('最长等待', 'Longest wait', '从该组第一条起算。', 'Counted from the first item of the group.'),
      ...fieldEditor('duration-sec'),
      minimum: 1,
      maximum: 604_800,
      default: 60,
    }),
    quietSec: Type.Optional(
      Type.Integer({
        ...fieldText('空闲时间', 'Quiet time', '这么久没有新数据时成组。', 'A group is complete when nothing was added for so long.'),
        ...fieldEditor('duration-sec'),
        minimum: 1,
        maximum: 604_800,
      }),
    ),
    everySec: Type.Integer({
      ...fieldText('检查间隔', 'Look every'),
      ...fieldEditor('duration-sec'),
      minimum: 1,
      maximum: 3600,
      default: 1,
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Starts the flow once with each complete group of a collection. */
export default defineNode({
  type: 'collection.receive',
  major: 1,
  kind: 'trigger',
  category: 'trigger',
  icon: 'package-check',
  text: {
    label: { 'zh-CN': '汇集完成', en: 'Collected group' },
    help: {
      'zh-CN': '“加入汇集”的数据按键成组：数量、大小或时间先到者为准，每组启动一次流程。',
      en: 'Data of “Add to collection” in groups by key: count, size or time, whichever comes first. Each group starts the flow once.',
    },
    words: '合并 汇总 聚合 攒批 merge aggregate batch',
  },
  ports: { in: [], out: [outPort] },
  samples: [
    {
      name: { 'zh-CN': '两份报告', en: 'Two reports' },
      data: {
        key: 'hospital-a',
        items: [{ reportId: 'R-1017' }, { reportId: 'R-1018' }],
        count: 2,
        reason: 'age',
        firstAt: '2026-06-01T00:30:00.000Z',
        lastAt: '2026-06-01T00:30:40.000Z',
      },
    },
  ],
  config: Config,
  takesAlone: ({ collection }) => collection,
  keyNames: () => [],
  listen,
});

/** The first look is not part of it, because a trigger that is only tried must change nothing. */
async function listen(ctx: TriggerContext<Config>, emit: Emit): Promise<Stop> {
  const { collection, maxItems, maxBytes, maxWaitSec, quietSec, everySec } = ctx.config;
  const limits = {
    ...{ items: maxItems, bytes: maxBytes, ageMs: maxWaitSec * 1000 },
    ...(quietSec === undefined ? {} : { quietMs: quietSec * 1000 }),
  };
  return lookRegularly({
    clock: ctx.clock,
    everySec,
    firstAfterMs: 0,
    look: (signal) => ctx.collections.takeComplete(collection, limits, (group) => handIn(group, ctx, emit), signal),
  });
}

async function handIn(
  { groupId, key, items, reason, firstAt, lastAt }: CollectedGroup,
  ctx: TriggerContext<Config>,
  emit: Emit,
): Promise<Taken> {
  const times = { firstAt: new Date(firstAt).toISOString(), lastAt: new Date(lastAt).toISOString() };
  const message = createMessage({ key, items, count: items.length, reason, ...times });
  const taken = await outcomeOf(() => emit({ message, dedupeKey: groupId }));
  if (taken === 'stored') return 'taken';
  if (taken === 'later') return 'later';
  ctx.reportRefusal(taken.never);
  ctx.log.error('collection.group-refused', fromErrorRecord(taken.never), { collection: ctx.config.collection });
  return 'refused';
}
