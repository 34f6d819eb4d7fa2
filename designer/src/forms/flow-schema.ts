/** The settings of a flow with their words, in the sections in which they are shown. Pure. */
import { Type } from 'typebox';
import { fieldEditor, fieldText, Text } from '../../../engine/contract/texts.ts';
import type { FieldSchema } from './field-schema.ts';
import { asField } from './handling-schema.ts';

const closed = { additionalProperties: false } as const;
const both = { ...fieldEditor('text-both'), ...closed };

const expression = (maxLength = 2000) => Type.String({ ...fieldEditor('expression'), minLength: 1, maxLength });

export const FLOW_SCHEMAS = {
  about: asField(
    Type.Object({
      name: Type.Object(Text.properties, { ...fieldText('名称', 'Name'), ...both }),
      description: Type.Optional(
        Type.Object(Text.properties, {
          ...fieldText('说明', 'Description', '写给同事：这个流程做什么，找谁。', 'For colleagues: what it does and whom to ask.'),
          ...both,
        }),
      ),
      domain: Type.String({
        ...fieldText('所属域', 'Domain', '医院或部门；查看和修改的权限按域授予。', 'Hospital or department; rights are given by domain.', {
          example: 'hospital-a',
        }),
        minLength: 1,
        maxLength: 64,
      }),
      tags: Type.Array(Type.String({ maxLength: 64 }), {
        ...fieldText('标签', 'Tags', '用于在列表中查找。', 'To be found by in lists.'),
        maxItems: 50,
        default: [],
      }),
    }),
  ),
  mode: asField(
    Type.Object({
      mode: Type.Union([Type.Literal('sync'), Type.Literal('durable')], {
        ...fieldText('模式', 'Mode', undefined, undefined, { options: { sync: ['同步', 'Sync'], durable: ['可靠', 'Durable'] } }),
      }),
      deadlineMs: Type.Integer({
        ...fieldText(
          '流程时限',
          'Deadline',
          '从收到消息起算；到时还没结束就算失败。',
          'From the moment the message came in; what is not done by then has failed.',
        ),
        ...fieldEditor('duration-ms'),
        minimum: 1,
        maximum: 604_800_000,
      }),
    }),
  ),
  dedupe: asField(
    Type.Object({
      key: Type.Optional(
        Type.String({
          ...fieldText(
            '去重键',
            'Dedupe key',
            '同键的消息只处理一次；调用方自带的 Idempotency-Key 与它同时有效。',
            'Messages with the same key are worked on once; a caller’s Idempotency-Key counts beside it.',
            { example: 'headers.`x-request-id`' },
          ),
          ...fieldEditor('expression'),
          minLength: 1,
          maxLength: 2000,
        }),
      ),
      windowSec: Type.Integer({
        ...fieldText(
          '窗口',
          'Window',
          '多久之内算重复；不得长于留存天数。',
          'How long a repetition counts as one; not longer than the record is kept.',
        ),
        ...fieldEditor('duration-sec'),
        minimum: 1,
        maximum: 31_536_000,
        default: 86_400,
      }),
    }),
  ),
  lane: asField(
    Type.Object({
      key: Type.Optional(
        Type.String({
          ...fieldText(
            '通道键',
            'Lane key',
            '同键的消息严格按到达顺序依次处理。',
            'Messages of one key run strictly one after the other.',
            {
              example: 'data.patient.id',
            },
          ),
          ...fieldEditor('expression'),
          minLength: 1,
          maxLength: 2000,
        }),
      ),
    }),
  ),
  keys: asField(
    Type.Object({
      keys: Type.Record(Type.String({ pattern: '^[a-z][A-Za-z0-9]{0,40}$' }), expression(), {
        ...fieldText(
          '业务键',
          'Business keys',
          '按它们查找消息；只保存脱敏后的标记，不保存原值。',
          'Messages are found by them; tokens are stored, never the values.',
          { example: 'patient = data.patient.id' },
        ),
        default: {},
        maxProperties: 20,
      }),
    }),
  ),
  recording: asField(
    Type.Object({
      level: Type.Union([Type.Literal('full'), Type.Literal('keys'), Type.Literal('none')], {
        ...fieldText('留存级别', 'Level', '失败总会留存。', 'Failures are always kept.', {
          options: {
            full: ['完整内容（加密）', 'Whole content (sealed)'],
            keys: ['只有状态和业务键', 'Status and business keys alone'],
            none: ['不留存成功的运行', 'Successful runs are not kept'],
          },
        }),
        default: 'full',
      }),
      retainDays: Type.Integer({
        ...fieldText('留存天数', 'Days kept', '至少与去重窗口一样长。', 'At least as long as the dedupe window.'),
        minimum: 1,
        maximum: 3650,
        default: 30,
      }),
      perSecond: Type.Integer({
        ...fieldText(
          '每秒最多留存',
          'Kept each second at most',
          '同步流程每秒留存多少次成功的运行；失败不受限制。',
          'Successful runs of a sync flow kept each second; failures have no limit.',
        ),
        minimum: 0,
        maximum: 10_000,
        default: 10,
      }),
      megabytesPerDay: Type.Integer({
        ...fieldText(
          '每天最多留存（MB）',
          'Kept each day at most (MB)',
          '额度用尽后，当天其余成功的消息只留下状态和业务键，失败的仍留内容，最多一周。',
          'Beyond it successful messages of the day keep status and business keys alone; failed ones keep their content, for a week at most.',
        ),
        minimum: 1,
        maximum: 10_000_000,
        default: 10_240,
      }),
    }),
  ),
} as const satisfies Readonly<Record<string, FieldSchema>>;
