/** Messages of RocketMQ. Id, key and content type are user properties, so that they come back exactly. */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { Incoming, Outgoing } from '../broker.ts';
import { FIFO, type Received } from './protocol.ts';

const ID = 'message-id';
const KEY = 'message-key';
const TYPE = 'content-type';
/** The broker's own copy of the message group. */
const GROUP = '__SHARDINGKEY';
/** A body that was compressed by its sender stays so if it is larger. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const GZIP = 2;
const IDENTITY = 1;
const MAX_GROUP_LENGTH = 60;

/** Messages with the same group keep their order in a topic of type FIFO. */
export function groupOf({ key, id }: Outgoing): string {
  const group = key === undefined || key.trim() === '' ? id : key;
  return Buffer.byteLength(group) > MAX_GROUP_LENGTH || /[\p{Cc}]/u.test(group) ? hashOf(group) : group;
}

export function toMessage(outgoing: Outgoing, messageType: number, queueId: number, now: number): object {
  const { destination, id, key, contentType, headers, body } = outgoing;
  return {
    topic: { name: destination },
    userProperties: { ...headers, [ID]: id, [TYPE]: contentType, ...(key === undefined ? {} : { [KEY]: key }) },
    systemProperties: {
      // The index of the broker, which divides keys at blanks.
      keys: [id, ...(key === undefined ? [] : [key])].filter((text) => text !== '' && !/[\s\p{Cc}]/u.test(text)),
      // The same when the message is sent again.
      messageId: `01${hashOf(id).toUpperCase()}`,
      bodyEncoding: IDENTITY,
      messageType,
      bornTimestamp: { seconds: Math.floor(now / 1000), nanos: 0 },
      bornHost: 'kangqiao',
      queueId,
      ...(messageType === FIFO ? { messageGroup: groupOf(outgoing) } : {}),
    },
    body,
  };
}

export function toIncoming({ userProperties, systemProperties, body }: Received): Incoming {
  const { [ID]: id, [KEY]: key, [TYPE]: contentType, [GROUP]: _group, ...headers } = userProperties;
  const { messageId, messageGroup, bodyEncoding } = systemProperties;
  const read = bodyEncoding === GZIP ? unpack(body) : body;
  return {
    id: id ?? (messageId === '' ? undefined : messageId),
    // A message that is delivered again lies elsewhere.
    place: undefined,
    key: key ?? messageGroup,
    contentType: read === undefined ? 'application/gzip' : contentType,
    headers: read === undefined ? { ...headers, 'content-encoding': 'gzip' } : headers,
    body: read ?? body,
  };
}

function unpack(body: Uint8Array): Uint8Array | undefined {
  try {
    return gunzipSync(body, { maxOutputLength: MAX_BODY_BYTES });
  } catch {
    return undefined;
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
