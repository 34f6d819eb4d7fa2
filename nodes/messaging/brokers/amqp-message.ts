/** Messages of AMQP 1.0, in the forms that JMS clients read and write. */
import rhea, { type Message } from 'rhea';
import { isJsonType, isTextType, parseMediaType } from '../../shared/http/media-type.ts';
import type { Incoming, Outgoing } from './broker.ts';

/** What JMS calls JMSCorrelationID, JMSReplyTo and JMSType has a field of its own; here it is a header. */
const PROPERTY_HEADERS = { 'correlation-id': 'correlation_id', 'reply-to': 'reply_to', subject: 'subject' } as const;

/** The annotation by which JMS clients write the kind of a message. Clients of OpenWire leave it out. */
const JMS_KIND = 'x-opt-jms-msg-type';
const JMS_OBJECT = 1;
const JMS_BYTES = 3;
const JMS_TEXT = 5;
const JAVA_OBJECT = 'application/x-java-serialized-object';

const DATA = 0x75;
const SEQUENCE = 0x76;

/** Text in UTF-8 becomes a TextMessage of JMS, everything else a BytesMessage. */
export function toAmqp({ id, key, contentType, headers, body }: Outgoing): Message {
  const text = textIn(body, contentType);
  const own: Record<string, string> = {};
  const others: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const field = PROPERTY_HEADERS[name.toLowerCase() as keyof typeof PROPERTY_HEADERS];
    if (field === undefined) others[name] = value;
    else own[field] = value;
  }
  return {
    ...own,
    durable: true,
    message_id: id,
    content_type: contentType,
    ...(key === undefined ? {} : { group_id: key }),
    application_properties: others,
    message_annotations: { [JMS_KIND]: rhea.types.wrap_byte(text === undefined ? JMS_BYTES : JMS_TEXT) },
    body: text ?? (rhea.message.data_section(toBuffer(body)) as unknown),
  };
}

function textIn(body: Uint8Array, contentType: string): string | undefined {
  const { name, charset = 'UTF-8' } = parseMediaType(contentType);
  if (!(isTextType(name) || isJsonType(name)) || charset.toUpperCase() !== 'UTF-8') return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return undefined;
  }
}

/** True for an ObjectMessage: reading it would run code that the sender chose. */
export function isJavaObject({ content_type, message_annotations }: Message): boolean {
  return String(content_type ?? '') === JAVA_OBJECT || (message_annotations as Values | undefined)?.[JMS_KIND] === JMS_OBJECT;
}

type Values = Readonly<Record<string, unknown>>;

export function toIncoming(message: Message): Incoming {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries((message.application_properties ?? {}) as Values)) headers[name] = textOf(value);
  for (const [name, field] of Object.entries(PROPERTY_HEADERS)) {
    const value: unknown = message[field];
    if (value !== undefined && value !== null) headers[name] = textOf(value);
  }
  const { bytes, contentType } = readBody(message.body);
  return {
    id: textOrAbsent(message.message_id),
    place: undefined,
    key: textOrAbsent(message.group_id),
    contentType: textOrAbsent(message.content_type) ?? contentType,
    headers,
    body: bytes,
  };
}

/** Text and data stay as they are. A MapMessage, a StreamMessage and single values become JSON. */
function readBody(body: unknown): { readonly bytes: Uint8Array; readonly contentType: string | undefined } {
  if (body === undefined || body === null) return { bytes: Buffer.alloc(0), contentType: undefined };
  if (typeof body === 'string') return { bytes: Buffer.from(body), contentType: 'text/plain; charset=UTF-8' };
  if (Buffer.isBuffer(body)) return { bytes: body, contentType: undefined };
  const { typecode, content } = body as { readonly typecode?: unknown; readonly content?: unknown };
  if (typecode === DATA) return { bytes: Buffer.concat([content].flat() as Buffer[]), contentType: undefined };
  return { bytes: Buffer.from(textOf(typecode === SEQUENCE ? content : body)), contentType: 'application/json' };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return value.toString('base64');
  return JSON.stringify(withoutBuffers(value)) ?? '';
}

/** Bytes inside a map or list become Base64. */
function withoutBuffers(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (Array.isArray(value)) return value.map(withoutBuffers);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutBuffers(inner)]));
}

function textOrAbsent(value: unknown): string | undefined {
  return value === undefined || value === null || value === '' ? undefined : textOf(value);
}

export function toBuffer(body: Uint8Array): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}
