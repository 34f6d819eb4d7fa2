import { Type } from 'typebox';
import { atField } from '../../engine/contract/values/at-field.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import { defineNode, inPort, outPort, type Scope } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { compileInput } from '../shared/compile-input.ts';

const MAX_WAIT_MS = 30 * 86_400_000;

/**
 * Suspends the execution: for a time, until a given time, or until a caller resumes it with a token. It continues
 * through `out` (with the data of the resume, if there is any), or through `timeout` if it was not resumed in time.
 */
export default defineNode({
  type: 'control.wait',
  major: 1,
  kind: 'control',
  role: 'wait',
  category: 'control',
  icon: 'clock',
  text: {
    label: { 'zh-CN': '等待', en: 'Wait' },
    help: {
      'zh-CN': '等待一段时间、等到某一时刻，或等待外部凭令牌恢复。',
      en: 'Waits for a duration, until a time, or until it is resumed with a token.',
    },
    words: '延时 暂停 delay sleep',
  },
  config: Type.Object(
    {
      durationMs: Type.Optional(
        Type.Integer({
          ...fieldText('时长', 'Duration', '等待这么久。', 'How long to wait.'),
          ...fieldEditor('duration-ms'),
          minimum: 1,
          maximum: MAX_WAIT_MS,
        }),
      ),
      until: Type.Optional(
        Type.Union(Operand.anyOf, {
          ...fieldText('等到', 'Until', '时刻，自 1970 年起的毫秒数。', 'A time in milliseconds since 1970.', {
            example: 'data.visit.startsAt',
          }),
          ...fieldEditor('operand'),
        }),
      ),
      resume: Type.Optional(
        Type.String({
          ...fieldText(
            '恢复令牌',
            'Resume token',
            '算出令牌的表达式；凭它恢复。令牌须在流程内唯一。',
            'Expression that returns the token with which it is resumed; must be unique within the flow.',
            { example: 'data.hospital & "-" & data.orderId' },
          ),
          ...fieldEditor('expression'),
          minLength: 1,
          maxLength: 10_000,
        }),
      ),
      timeoutMs: Type.Optional(
        Type.Integer({
          ...fieldText('最长等待', 'Time-out', '用于恢复令牌。', 'How long to wait for the resume token.'),
          ...fieldEditor('duration-ms'),
          minimum: 1,
          maximum: MAX_WAIT_MS,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  ports: { in: [inPort], out: [outPort, { name: 'timeout', label: { 'zh-CN': '超时', en: 'Timed out' } }] },
  expressions: ['/until/expression', '/resume'],
  check(config) {
    const ways = [config.durationMs, config.until, config.resume].filter((way) => way !== undefined).length;
    if (ways !== 1) return [{ path: '', message: ONE_WAY }];
    return config.timeoutMs !== undefined && config.resume === undefined
      ? [{ path: '/timeoutMs', message: { 'zh-CN': '超时时间只与恢复表达式一起使用', en: 'a time-out belongs to resume' } }]
      : [];
  },
  prepare(config, build) {
    const { durationMs, timeoutMs, until } = config;
    if (durationMs !== undefined) return (ctx) => ({ wait: { untilMs: ctx.clock.now() + durationMs } });
    if (until !== undefined) {
      const readUntil = compileInput('/until', until, build);
      return async (ctx) => ({ wait: { untilMs: await readMoment(readUntil, ctx.scope, ctx.clock.now()) } });
    }
    const readToken = atField('/resume', () => build.compileExpression(config.resume ?? ''));
    return async (ctx) => {
      const resumeToken = await readToken(ctx.scope);
      if (typeof resumeToken !== 'string' || resumeToken.length < 1 || resumeToken.length > 500) {
        throw new AppError('WAIT_TOKEN_WRONG', 'input', 'The resume expression did not return a text of 1 to 500 characters.', {
          fix: 'Let it return something unique that the other side knows, for example an order number.',
        });
      }
      return { wait: { resumeToken, ...(timeoutMs === undefined ? {} : { untilMs: ctx.clock.now() + timeoutMs }) } };
    };
  },
});

const ONE_WAY = {
  'zh-CN': '等待时长、等待至某时刻、恢复表达式须填写且只填写其中一项',
  en: 'give exactly one of durationMs, until and resume',
};

async function readMoment(read: (scope: Scope) => unknown, scope: Scope, nowMs: number): Promise<number> {
  const value = await read(scope);
  if (typeof value === 'number' && Number.isFinite(value) && value <= nowMs + MAX_WAIT_MS) return value;
  throw new AppError('WAIT_UNTIL_WRONG', 'input', 'The time to wait for is not a time in milliseconds within 30 days.', {
    fix: 'Return milliseconds since 1970, for example $toMillis(data.at).',
  });
}
