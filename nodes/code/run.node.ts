import { Type } from 'typebox';
import { withData } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';

/**
 * Runs a script in the sandbox: the body of a function of `message`, `nodes` and `now` that returns the new data. The
 * node is pure: the script's clock shows the time when the message was accepted, and a step that runs again gets the
 * same random numbers. Fails with SCRIPT_TIMEOUT, SCRIPT_MEMORY, SCRIPT_ERROR or SCRIPT_RESULT_TOO_LARGE (input), or
 * with SCRIPT_POOL_BUSY (transient).
 */
export default defineNode({
  type: 'code.run',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'code',
  text: {
    label: { 'zh-CN': '脚本', en: 'Script' },
    help: {
      'zh-CN': '在沙箱中运行一段 JavaScript，返回值成为新的数据。',
      en: 'Runs JavaScript in a sandbox; what it returns is the new data.',
    },
    words: 'JavaScript JS 脚本 script',
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Type.Object(
    {
      source: Type.String({
        ...fieldText(
          '脚本',
          'Script',
          '函数体，可用 message、nodes、now，用 return 返回。时间固定为受理时间，重试时随机数不变。',
          'A function body with message, nodes and now; return the result. The time is the time of acceptance; retries get the same random numbers.',
          { example: 'return { name: message.data.patient.name };' },
        ),
        ...fieldEditor('script'),
        minLength: 1,
        maxLength: 100_000,
      }),
      timeoutMs: Type.Integer({
        ...fieldText('时限', 'Time limit'),
        ...fieldEditor('duration-ms'),
        minimum: 10,
        maximum: 60_000,
        default: 1000,
      }),
      memoryBytes: Type.Integer({
        ...fieldText('内存上限', 'Memory limit'),
        ...fieldEditor('size-bytes'),
        minimum: 1_048_576,
        maximum: 268_435_456,
        default: 33_554_432,
      }),
    },
    { additionalProperties: false },
  ),
  prepare: (config) => async (ctx, message) => {
    const { data, mediaType, headers, keys } = message;
    const input = {
      message: { data: data instanceof Uint8Array ? undefined : data, mediaType, headers, keys },
      nodes: ctx.scope.nodes,
      now: ctx.scope.now,
    };
    const result = await ctx.runScript(config.source, input, { timeoutMs: config.timeoutMs, memoryBytes: config.memoryBytes });
    return { emit: { ok: [withData(message, result ?? null, 'application/json')] } };
  },
});
