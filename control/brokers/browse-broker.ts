/** Looks at messages of a broker without consuming them: the same right and audit line as for the data of executions. */
import { Type } from 'typebox';
import type { BrowsedMessage } from '../../engine/contract/node/broker-administration.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { all } from '../action/owners.ts';
import { BrokerId, Kind, Name, subjectOf } from './broker-fields.ts';
import type { BrokerServices, OpenBroker } from './open-broker.ts';

/** Text as text, everything else as Base64; `sizeBytes` is the size of the whole body. */
export interface ShownBrokerMessage extends Omit<BrowsedMessage, 'body'> {
  readonly form: 'text' | 'base64';
  readonly data: string;
  readonly truncated?: true;
}

export interface BrowsedMessages {
  readonly items: readonly ShownBrokerMessage[];
}

const MOST_MESSAGES = 50;
const MOST_BYTES = 64 * 1024;

export function browseBroker({ owners }: BrokerServices, broker: OpenBroker): Action {
  return defineAction({
    name: 'brokers.browse',
    right: 'executions.payload',
    domain: ({ adapterId }) => all(owners.adapter(adapterId)),
    text: {
      'zh-CN': '查看队列或主题中的消息而不消费，最多 50 条（留下审计）',
      en: 'Look at up to 50 messages of a queue or topic without consuming them; writes an audit line',
    },
    input: Type.Object(
      {
        adapterId: BrokerId,
        kind: Kind,
        name: Name,
        count: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_MESSAGES, default: 20 })),
        eachBytes: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_BYTES, default: 4096 })),
        mayCount: Type.Optional(
          Type.Boolean({ description: 'True: look even if the broker counts it as a delivery (BROKER_BROWSE_COUNTS)' }),
        ),
      },
      closed,
    ),
    audited: true,
    subject: subjectOf,
    async run(ctx, { adapterId, kind, name, count = 20, eachBytes = 4096, mayCount = false }): Promise<BrowsedMessages> {
      const limits = { count, eachBytes, mayCount };
      const found = await broker.use(ctx, adapterId, (administration) => administration.browse({ kind, name }, limits));
      ctx.note.after = { messages: found.length };
      return { items: found.map(show) };
    },
  });
}

function show({ body, ...message }: BrowsedMessage): ShownBrokerMessage {
  const isCut = body.byteLength < message.sizeBytes;
  const text = textOf(body, isCut);
  return {
    ...message,
    ...(text === undefined ? { form: 'base64', data: Buffer.from(body).toString('base64') } : { form: 'text', data: text }),
    ...(isCut ? { truncated: true } : {}),
  };
}

/** Returns undefined if the bytes are not text in UTF-8. */
function textOf(bytes: Uint8Array, isCut: boolean): string | undefined {
  try {
    // `stream` tolerates an incomplete character at the end.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: isCut });
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}
