/** The fields of a node's handling with their words. What applies when a field is left out depends on the node and on the flow's mode. Pure. */
import { Type } from 'typebox';
import type { FlowDocument, RetryRule } from '../../../engine/contract/flow-document.ts';
import { fieldEditor, fieldText } from '../../../engine/contract/texts.ts';
import type { FieldSchema } from './field-schema.ts';

export interface HandlingCase {
  readonly mode: FlowDocument['mode'];
  readonly isAction: boolean;
  readonly hasErrorPort: boolean;
  /** Something is connected to its error port. */
  readonly isErrorConnected: boolean;
}

/** As the engine fills them in (`engine/run/compile-flow.ts`). */
export function defaultRetry({ mode, isAction }: HandlingCase): RetryRule {
  return { max: mode === 'durable' && isAction ? 100 : 0, baseMs: 500, factor: 2, capMs: 60_000, on: ['transient'] };
}

export type HandlingSection = 'time' | 'retry' | 'error' | 'record';

export function handlingSchema(section: HandlingSection, about: HandlingCase): FieldSchema {
  switch (section) {
    case 'time':
      return asField(Type.Object({ timeoutMs: Type.Optional(timeout) }));
    case 'retry':
      return retrySchema(defaultRetry(about));
    case 'error':
      return asField(
        about.hasErrorPort
          ? Type.Object({ onError: Type.Optional(onErrorOf(about)), exhausted: Type.Optional(exhausted) })
          : Type.Object({ exhausted: Type.Optional(exhausted) }),
      );
    case 'record':
      return asField(Type.Object({ record: Type.Optional(record) }));
  }
}

const timeout = Type.Integer({
  ...fieldText(
    '单次时限',
    'Time-out of one attempt',
    '超过后本次尝试算失败。不填时由适配器的超时和流程的时限决定。',
    'An attempt that takes longer has failed. Left out, the adapter’s time-out and the flow’s deadline decide.',
  ),
  ...fieldEditor('duration-ms'),
  minimum: 1,
  maximum: 86_400_000,
});

const exhausted = Type.Union([Type.Literal('hold'), Type.Literal('skip'), Type.Literal('dead-letter')], {
  ...fieldText(
    '最终失败后',
    'When it has failed for good',
    '只在没有错误分支接住时生效；同步流程只把失败告诉调用方。',
    'Only where no error branch takes it; a sync flow just tells its caller.',
    {
      options: {
        hold: ['挂起，等人处理（同一通道的后续消息一起等待）', 'Hold for a person (later messages of the lane wait too)'],
        skip: ['放弃这条消息，继续后面的', 'Give this message up and go on with the next'],
        'dead-letter': ['放入死信，继续后面的（之后可重放）', 'Put it among the dead letters and go on (can be replayed)'],
      },
    },
  ),
  default: 'hold',
});

const record = Type.Union([Type.Literal('full'), Type.Literal('keys'), Type.Literal('none')], {
  ...fieldText(
    '留存内容',
    'What is kept',
    '决定消息页面上能看到这个节点的什么；失败时的错误总会留存。',
    'What the message page can show of this node; errors are always kept.',
    {
      options: {
        full: ['输入和输出（加密）', 'Input and output (sealed)'],
        keys: ['只有状态、用时和业务键', 'Status, duration and business keys alone'],
        none: ['什么都不留', 'Nothing'],
      },
    },
  ),
  default: 'full',
});

function onErrorOf({ isErrorConnected }: HandlingCase) {
  return Type.Union([Type.Literal('port'), Type.Literal('fail'), Type.Literal('continue')], {
    ...fieldText(
      '重试用完仍失败时',
      'When retries are used up',
      '决定这条消息接下来去哪里。',
      'Decides where this message goes from here.',
      {
        options: {
          port: ['走错误分支（连到“错误”端口的节点）', 'Take the error branch (what its error port leads to)'],
          fail: ['让整次运行失败', 'The whole run fails'],
          continue: ['忽略错误，带着原来的输入继续', 'Ignore it and go on with what came in'],
        },
      },
    ),
    default: isErrorConnected ? 'port' : 'fail',
  });
}

function retrySchema(preset: RetryRule): FieldSchema {
  const rule = Type.Object({
    max: Type.Integer({
      ...fieldText('最多重试', 'Retries at most', '第一次之外再试几次；0 表示不重试。', 'Attempts after the first; 0 for none.'),
      minimum: 0,
      maximum: 100,
      default: preset.max,
    }),
    baseMs: Type.Integer({
      ...fieldText('首次间隔', 'First pause'),
      ...fieldEditor('duration-ms'),
      minimum: 1,
      maximum: 3_600_000,
      default: preset.baseMs,
    }),
    factor: Type.Number({
      ...fieldText('间隔倍数', 'Pauses grow by', '每次间隔是上一次的几倍。', 'Each pause is so many times the one before.'),
      minimum: 1,
      maximum: 10,
      default: preset.factor,
    }),
    capMs: Type.Integer({
      ...fieldText('最长间隔', 'Longest pause'),
      ...fieldEditor('duration-ms'),
      minimum: 1,
      maximum: 86_400_000,
      default: preset.capMs,
    }),
    totalMs: Type.Optional(
      Type.Integer({
        ...fieldText(
          '重试总时限',
          'Retries in all',
          '从第一次尝试算起，超过后不再重试，按“重试用完”处理。不填时只看次数。',
          'Counted from the first attempt: after this it is not tried again, and counts as used up. Left out, their number alone decides.',
        ),
        ...fieldEditor('duration-ms'),
        minimum: 1,
        maximum: 2_592_000_000,
      }),
    ),
    on: Type.Array(Type.Union([Type.Literal('transient'), Type.Literal('unknown-outcome')]), {
      ...fieldText(
        '哪些失败重试',
        'Which failures',
        '内容有误的消息从不重试。结果不明的写入只在对方保证幂等时重试，否则会在对方重复登记。',
        'A wrong message is never tried again. A write whose outcome is unknown is only where the other side is idempotent: else it might be done twice.',
        {
          options: {
            transient: ['暂时故障（对方什么也没做）', 'Temporary (nothing was done)'],
            'unknown-outcome': ['结果不明', 'Outcome unknown'],
          },
        },
      ),
      maxItems: 2,
      default: preset.on,
    }),
  });
  return asField(rule);
}

/** As the server's schemas come: plain JSON. */
export function asField(schema: object): FieldSchema {
  return JSON.parse(JSON.stringify(schema)) as FieldSchema;
}
