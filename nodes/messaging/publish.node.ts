import { Type, type Static } from 'typebox';
import { bothTexts } from '../../engine/contract/error-texts/error-texts.ts';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { withData, type Message } from '../../engine/contract/values/message.ts';
import { valuesBy } from '../../engine/contract/values/named-values.ts';
import {
  defineNode,
  errorPort,
  inPort,
  okPort,
  type BuildContext,
  type ConfigProblem,
  type NodeContext,
  type RunNode,
  type Scope,
} from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { encodeText } from '../shared/charset/text-charset.ts';
import { isJsonType } from '../shared/http/media-type.ts';
import { compileTemplate } from '../shared/http/template.ts';
import { destinationField } from './fields.ts';
import { probeMessaging } from './probe.ts';
import { publish } from './use-publisher.ts';
import { compileContent, compileInput } from '../shared/compile-input.ts';

const Config = Type.Object(
  {
    destination: destinationField(
      '目的地',
      'Destination',
      '队列或主题的名称；RabbitMQ 的交换机写作 /exchange/名称。',
      'Name of a queue or topic; an exchange of RabbitMQ is written as /exchange/NAME.',
    ),
    key: Type.Optional(
      Type.Union(Operand.anyOf, {
        ...fieldText(
          '键',
          'Key',
          'Kafka：键相同的消息保持顺序。RabbitMQ 的交换机：路由键。',
          'Kafka: messages with the same key stay in order. An exchange of RabbitMQ: the routing key.',
        ),
        ...fieldEditor('operand'),
      }),
    ),
    body: Type.Optional(
      Type.Union(Operand.anyOf, {
        ...fieldText('内容', 'Body', '不填时为消息的数据。', 'If left out, the data of the message.'),
        ...fieldEditor('operand'),
      }),
    ),
    headers: valuesBy('header', Type.String({ ...fieldEditor('template'), maxLength: 4000 }), {
      ...fieldText('消息头', 'Headers', '值可含占位符。', 'Values can contain placeholders.'),
      ...fieldEditor('headers'),
      default: {},
      maxProperties: 100,
    }),
    idempotent: Type.Boolean({
      ...fieldText(
        '接收方去重',
        'Idempotent',
        '接收方按消息编号去重，因此结果不明时可以用同一编号再次发布。',
        'Receivers recognise duplicates by the message id, so it is safe to publish again under the same id if the outcome is unknown.',
      ),
      default: false,
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Publishes a message and waits until the broker has confirmed it. */
export default defineNode({
  type: 'messaging.publish',
  major: 1,
  kind: 'action',
  category: 'call',
  icon: 'send',
  text: {
    label: { 'zh-CN': '发布消息', en: 'Publish a message' },
    help: {
      'zh-CN': '向消息中间件的队列或主题发布一条消息，并等待其确认。',
      en: 'Publishes a message to a queue or topic of a message broker and waits for its confirm.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  adapter: 'messaging',
  // Publishing again makes a second message, so only a receiver that recognises its id makes it idempotent.
  effect: ({ idempotent }) => (idempotent ? 'idempotent-write' : 'write'),
  config: Config,
  expressions: ['/key/expression', '/body/expression'],
  check: checkConfig,
  prepare: preparePublish,
  probe: probeMessaging,
});

function checkConfig({ headers }: Config): readonly ConfigProblem[] {
  return Object.entries(headers).flatMap(([name, template]) => {
    try {
      compileTemplate(template, (value) => value);
      return [];
    } catch (error) {
      return [{ path: `/headers/${name}`, message: bothTexts(error as AppError) }];
    }
  });
}

function preparePublish(config: Config, build: BuildContext): RunNode<Config> {
  const { destination, body } = config;
  const readKey = compileKey(config, build);
  const readBody = compileContent('/body', body, build);
  const templates = Object.entries(config.headers).map(([name, template]) => ({ name, fill: compileTemplate(template, checkHeader) }));
  return async (ctx, message) => {
    const { bytes, contentType } = encodeBody(await readBody(ctx.scope), message, ctx);
    const headers: Record<string, string> = ctx.traceparent === undefined ? {} : { traceparent: ctx.traceparent };
    for (const { name, fill } of templates) {
      const value = fill(ctx.scope);
      if (value !== undefined) headers[name] = value;
    }
    const messageId = ctx.idempotencyKey;
    await publish(ctx, { destination, key: await readKey(ctx.scope), id: messageId, contentType, headers, body: bytes });
    const { charset: _sent, ...rest } = withData(message, { destination, messageId }, 'application/json');
    return { emit: { ok: [rest] } };
  };
}

function compileKey({ key }: Config, build: BuildContext): (scope: Scope) => Promise<string | undefined> {
  if (key === undefined) return async () => undefined;
  const read = compileInput('/key', key, build);
  return async (scope) => {
    const value = await read(scope);
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string' || typeof value === 'number') return checkHeader(String(value), 'key');
    throw valueRefused('key', 'type');
  };
}

/** Returns a value of a header or key. Throws MESSAGING_VALUE (input) if brokers cannot carry it. */
function checkHeader(value: string, placeholder: string): string {
  // Brokers whose protocol is text end a header at a line break.
  if (value.length > 4000 || !value.isWellFormed() || /[\u0000-\u001f\u007f]/.test(value)) throw valueRefused(placeholder, 'text');
  return value;
}

function valueRefused(name: string, problem: 'type' | 'text'): AppError {
  const why = problem === 'type' ? 'is neither a text nor a number' : 'is too long, not valid Unicode, or has control characters';
  return new AppError('MESSAGING_VALUE', 'input', `The value of ${name} ${why}, so it can be no key or header of a message.`, {
    values: { problem, name },
    fix: 'Correct the value before this node.',
  });
}

/** Encodes the body: bytes are sent unchanged, text in the charset of the message or adapter, everything else as JSON. */
function encodeBody(data: unknown, message: Message, ctx: NodeContext<Config>) {
  if (data instanceof Uint8Array) return { bytes: data, contentType: message.mediaType };
  if (typeof data === 'string' && !isJsonType(message.mediaType)) {
    const charset = message.charset ?? ctx.adapter?.charset ?? 'UTF-8';
    return { bytes: encodeText(data, charset), contentType: `${message.mediaType}; charset=${charset}` };
  }
  return { bytes: Buffer.from(JSON.stringify(data ?? null)), contentType: 'application/json' };
}
