import { createHash } from 'node:crypto';
import { Type, type Static } from 'typebox';
import { AppError, toErrorRecord } from '../../engine/contract/values/errors.ts';
import { createMessage, type Message } from '../../engine/contract/values/message.ts';
import { NAME_RULES } from '../../engine/contract/values/named-values.ts';
import { defineNode, outPort, type ConfigProblem, type Emit, type Stop, type TriggerContext } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { atPeer, namingPeer, peerOf } from '../shared/at-peer.ts';
import { decodeText } from '../shared/charset/text-charset.ts';
import { isJsonType, isTextType, parseMediaType } from '../shared/http/media-type.ts';
import { DEFAULT_JSON_OPTIONS } from '../shared/json/parse-json.ts';
import { createParser } from '../shared/parse-worker/create-parser.ts';
import type { Incoming, Verdict } from './brokers/broker.ts';
import { BROKERS, deadLetterOf } from './brokers.ts';
import { destinationField } from './fields.ts';
import { probeMessaging } from './probe.ts';
import { requireWithin, targetOf } from './target.ts';

const Config = Type.Object(
  {
    destination: destinationField('来源', 'Source', '队列或主题的名称。', 'Name of a queue or topic.'),
    group: Type.Optional(
      destinationField(
        '消费组',
        'Consumer group',
        'Kafka 等以消费组记住读到哪里；不填时为流程编号。RabbitMQ 不使用。',
        'Brokers such as Kafka remember by group how far it has read; the id of the flow if left out. RabbitMQ has none.',
        'kangqiao-adt',
      ),
    ),
    form: Type.Union([Type.Literal('auto'), Type.Literal('json'), Type.Literal('text'), Type.Literal('bytes')], {
      ...fieldText(
        '内容格式',
        'Body as',
        '自动：按消息的内容类型；没有内容类型时为字节。',
        'Automatic: by the content type of the message; bytes if it has none.',
        { options: { auto: ['自动', 'Automatic'], json: ['JSON', 'JSON'], text: ['文本', 'Text'], bytes: ['字节', 'Bytes'] } },
      ),
      default: 'auto',
    }),
    identity: Type.Union([Type.Literal('auto'), Type.Literal('message-id'), Type.Literal('header')], {
      ...fieldText(
        '去重依据',
        'Identity',
        '再次投递的同一消息凭它识别。',
        'By this, the same message is recognised when it is delivered again.',
        {
          options: {
            auto: ['自动：中间件中的位置，没有位置时为消息编号', 'Automatic: the place in the broker; the message id if it has no place'],
            'message-id': ['发送方的消息编号', 'The message id of the sender'],
            header: ['消息头', 'A header'],
          },
        },
      ),
      default: 'auto',
    }),
    identityHeader: Type.Optional(
      Type.String({
        ...fieldText('去重用消息头', 'Header of the identity', '仅当去重依据为消息头时填写。', 'Only if the identity is a header.', {
          example: 'x-event-id',
        }),
        pattern: NAME_RULES.header.pattern,
      }),
    ),
    deadLetter: Type.Optional(
      destinationField(
        '死信目的地',
        'Dead letters',
        '流程拒收的消息连同原因存到这里。不填时为来源名加 .dead，不存在时自动建立。RocketMQ 例外：来源名加 -dead（名称不能含点），须由管理员预先建立。',
        'Where messages that the flow refuses are stored with the reason. If left out, the source with .dead; it is created if it does not exist. RocketMQ differs: the source with -dead, because its names have no dots, and its administrator must create it.',
        'adt-events-dead',
      ),
    ),
    window: Type.Integer({
      ...fieldText(
        '处理窗口',
        'Window',
        '最多同时有多少条消息尚未安全保存；更多的留在中间件中。',
        'Most messages that are not yet safely stored; more stay in the broker.',
      ),
      minimum: 1,
      maximum: 5000,
      default: 200,
    }),
    maxBytes: Type.Integer({
      ...fieldText('单条上限', 'Largest message', '更大的消息成为死信。', 'Larger ones become dead letters.'),
      ...fieldEditor('size-bytes'),
      minimum: 1024,
      maximum: 52_428_800,
      default: 10_485_760,
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** More headers, or longer ones, are left out. */
const MAX_HEADERS = 100;
const MAX_HEADER_LENGTH = 4000;
const MAX_IDENTITY_LENGTH = 200;

const parser = createParser();

/** Receives messages of a queue or topic. A message is acknowledged only after it was stored safely. */
export default defineNode({
  type: 'messaging.consume',
  major: 1,
  kind: 'trigger',
  category: 'trigger',
  icon: 'inbox',
  text: {
    label: { 'zh-CN': '接收队列消息', en: 'Receive from a broker' },
    help: {
      'zh-CN': '接收消息中间件的队列或主题中的消息，消息安全存储后才确认。',
      en: 'Receives the messages of a queue or topic of a message broker; each is acknowledged after it is safely stored.',
    },
  },
  ports: { in: [], out: [outPort] },
  adapter: 'messaging',
  sharesAdapter: true,
  samples: [{ name: { 'zh-CN': '入院事件', en: 'An admission' }, data: { event: 'A01', visitNo: 'V20260105-0017', ward: '心内科' } }],
  config: Config,
  check: checkConfig,
  keyNames: () => [],
  listen,
  probe: probeMessaging,
});

const HEADER_MISSING = { 'zh-CN': '去重依据为消息头时必填', en: 'must be filled in if the identity is a header' };
const DEAD_IS_SOURCE = { 'zh-CN': '须不同于来源', en: 'must not be the source' };

function checkConfig({ identity, identityHeader, deadLetter, destination }: Config): readonly ConfigProblem[] {
  return [
    ...(identity === 'header' && identityHeader === undefined ? [{ path: '/identityHeader', message: HEADER_MISSING }] : []),
    ...(deadLetter === destination ? [{ path: '/deadLetter', message: DEAD_IS_SOURCE }] : []),
  ];
}

/** Rejects if the broker cannot be read now; `ended` reports later failures. */
async function listen(ctx: TriggerContext<Config>, emit: Emit): Promise<Stop> {
  const { settings, target } = await targetOf(ctx);
  const broker = await BROKERS[settings.broker].load();
  const { destination, group = ctx.flowId, window, deadLetter = deadLetterOf(settings.broker, destination) } = ctx.config;
  requireWithin(settings.namePrefix, destination, deadLetter);
  const stopping = new AbortController();
  let before: Promise<unknown> = Promise.resolve();
  const take = (incoming: Incoming): Promise<Verdict> => {
    // A large body is parsed in a thread. The messages are handed in in their order nevertheless.
    const read = readMessage(ctx, incoming, stopping.signal);
    read.catch(() => undefined);
    const inTurn = before.then(() => read);
    before = inTurn.catch(() => undefined);
    return inTurn.then((message) => handIn(ctx, emit, incoming, message)).catch((error: unknown) => judge(toErrorRecord(error)));
  };
  const peer = peerOf('MESSAGING', ...target.servers);
  const subscription = { destination, group, member: ctx.flowId, window, deadLetter };
  const consumer = await namingPeer(peer, () => broker.consume(target, subscription, take));
  return {
    ended: consumer.ended.then((error) => atPeer(error, peer)),
    async stop() {
      await consumer.stop();
      stopping.abort();
    },
  };
}

async function handIn(ctx: TriggerContext<Config>, emit: Emit, incoming: Incoming, message: Message): Promise<Verdict> {
  const dedupeKey = identityOf(incoming, ctx.config);
  const result = await emit(dedupeKey === undefined ? { message } : { message, dedupeKey });
  if (result.status !== 'refused') return 'stored';
  const verdict = judge(result.error);
  if (verdict !== 'stored' && 'dead' in verdict) ctx.log.warn('messaging.refused', { code: verdict.dead.code });
  return verdict;
}

function judge({ kind, code, message }: { readonly kind: string; readonly code: string; readonly message: string }): Verdict {
  return kind === 'input' ? { dead: { code, message } } : { later: { code, message } };
}

/** Returns undefined if the sender gave the message no id and the broker has no place: the flow's own key decides then. */
function identityOf({ id, place, headers }: Incoming, { identity, identityHeader, destination }: Config): string | undefined {
  const wanted = identityHeader?.toLowerCase();
  const named = identity === 'header' ? Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1] : undefined;
  const given = named ?? (identity === 'message-id' ? id : undefined) ?? place ?? id;
  if (given === undefined) return undefined;
  const short = given.length > MAX_IDENTITY_LENGTH ? createHash('sha256').update(given).digest('base64url') : given;
  return `${destination}/${short}`;
}

async function readMessage(ctx: TriggerContext<Config>, incoming: Incoming, signal: AbortSignal): Promise<Message> {
  const { body } = incoming;
  const { maxBytes, form } = ctx.config;
  if (body.length > maxBytes) {
    throw new AppError('MESSAGING_MESSAGE_TOO_LARGE', 'input', `The message has ${body.length} bytes; ${maxBytes} are allowed.`, {
      values: { sizeBytes: body.length, maxBytes },
      fix: 'Raise the limit in the trigger, or ask the sender to send it in parts.',
    });
  }
  const type = parseMediaType(incoming.contentType);
  const as =
    form !== 'auto' ? form : isJsonType(type.name) ? 'json' : isTextType(type.name) || type.charset !== undefined ? 'text' : 'bytes';
  const charset = type.charset ?? (as === 'json' ? 'UTF-8' : (ctx.adapter!.charset ?? 'UTF-8'));
  const headers = headersOf(incoming, ctx.config.destination);
  if (as === 'bytes') return createMessage(new Uint8Array(body), { mediaType: type.name || 'application/octet-stream', headers });
  if (as === 'text') return createMessage(decodeText(body, charset), { mediaType: type.name || 'text/plain', charset, headers });
  const task = { kind: 'json', source: body, charset, options: DEFAULT_JSON_OPTIONS } as const;
  return createMessage(await parser.parse(task, { clock: ctx.clock, signal }), { headers });
}

function headersOf({ headers, id, key, place }: Incoming, destination: string): Record<string, string> {
  const own = { 'message-id': id, 'message-key': key, 'message-place': place, 'message-source': destination };
  const all = [...Object.entries(headers).slice(0, MAX_HEADERS), ...Object.entries(own)];
  const kept = all.filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1].length <= MAX_HEADER_LENGTH);
  return Object.fromEntries(kept.map(([name, value]) => [name.toLowerCase(), value]));
}
