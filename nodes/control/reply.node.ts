import { Type } from 'typebox';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import { withData, type Message } from '../../engine/contract/values/message.ts';
import { valuesBy } from '../../engine/contract/values/named-values.ts';
import { defineNode, inPort, outPort, type Outcome } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { compileInput } from '../shared/compile-input.ts';

/**
 * Sends the reply to the caller of this execution. A caller gets exactly one reply. The message then continues through
 * `out`.
 */
export default defineNode({
  type: 'control.reply',
  major: 1,
  kind: 'control',
  role: 'reply',
  category: 'control',
  icon: 'reply',
  text: {
    label: { 'zh-CN': '回复', en: 'Reply' },
    help: {
      'zh-CN': '答复调用方，每次执行恰好一次；不等其后的节点运行完。',
      en: 'Replies to the caller, exactly once per execution; does not wait for the nodes after it.',
    },
  },
  config: Type.Object(
    {
      status: Type.Integer({ ...fieldText('状态码', 'Status'), minimum: 200, maximum: 599, default: 200 }),
      headers: valuesBy('header', Type.String({ maxLength: 2000, pattern: '^[^\\r\\n]*$' }), {
        ...fieldText('响应头', 'Headers', undefined, undefined, { pattern: ['值不含换行', 'Values without line breaks'] }),
        ...fieldEditor('headers'),
        default: {},
      }),
      body: Type.Optional(
        Type.Union(Operand.anyOf, {
          ...fieldText('内容', 'Body', '不填则为消息的内容。', 'If left out: the data of the message.'),
          ...fieldEditor('operand'),
        }),
      ),
      mediaType: Type.Optional(
        Type.String({
          ...fieldText('媒体类型', 'Media type', undefined, undefined, { example: 'application/json' }),
          ...fieldEditor('media-type'),
          pattern: '^[a-z]+/[A-Za-z0-9.+-]+$',
          maxLength: 100,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  ports: { in: [inPort], out: [outPort] },
  expressions: ['/body/expression'],
  prepare(config, build) {
    const headers = Object.fromEntries(Object.entries(config.headers).map(([name, value]) => [name.toLowerCase(), value]));
    const { body } = config;
    const readBody = body && compileInput('/body', body, build);
    const reply = (message: Message, answer: Message): Outcome => ({
      reply: { status: config.status, headers, message: answer },
      emit: { out: [message] },
    });
    if (readBody === undefined) return (_ctx, message) => reply(message, withData(message, message.data, config.mediaType));
    return (ctx, message) => {
      const body = readBody(ctx.scope);
      const answer = (data: unknown) => reply(message, withData(message, data, config.mediaType ?? 'application/json'));
      return body instanceof Promise ? body.then(answer) : answer(body);
    };
  },
});
