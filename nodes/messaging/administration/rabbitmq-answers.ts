/** What the management API of RabbitMQ answers, as far as it is read. Statistics are absent until the first were collected. */
import { Type, type Static } from 'typebox';
import { isRecord } from '../../../engine/contract/values/is-record.ts';

const Count = Type.Optional(Type.Number());
const Arguments = Type.Optional(Type.Unknown());

export const Overview = Type.Object({ rabbitmq_version: Type.Optional(Type.String()) });

export const Queues = Type.Array(
  Type.Object({
    name: Type.String(),
    type: Type.Optional(Type.String()),
    durable: Type.Boolean(),
    messages: Count,
    messages_unacknowledged: Count,
    message_bytes: Count,
    consumers: Count,
    arguments: Arguments,
    effective_policy_definition: Arguments,
  }),
);
export type Queue = Static<typeof Queues>[number];
export const OneQueue = Queues.items;

export const Exchanges = Type.Array(
  Type.Object({ name: Type.String(), type: Type.String(), durable: Type.Boolean(), internal: Type.Optional(Type.Boolean()) }),
);
export type Exchange = Static<typeof Exchanges>[number];

export const Bindings = Type.Array(
  Type.Object({
    source: Type.String(),
    destination: Type.String(),
    destination_type: Type.String(),
    routing_key: Type.String(),
    properties_key: Type.String(),
  }),
);
export type Binding = Static<typeof Bindings>[number];

export const Connections = Type.Array(
  Type.Object({
    name: Type.String(),
    vhost: Type.Optional(Type.String()),
    user: Type.Optional(Type.String()),
    peer_host: Type.Optional(Type.String()),
    peer_port: Type.Optional(Type.Number()),
    connected_at: Type.Optional(Type.Number()),
    protocol: Type.Optional(Type.String()),
    client_properties: Type.Optional(Type.Unknown()),
  }),
);
export type Connection = Static<typeof Connections>[number];

/** A consumer whose connection just ended has no details. */
export const Consumers = Type.Array(
  Type.Object({
    queue: Type.Object({ name: Type.String() }),
    channel_details: Type.Optional(Type.Unknown()),
  }),
);

export const VirtualHosts = Type.Array(Type.Object({ name: Type.String(), messages: Count }));

export const Messages = Type.Array(
  Type.Object({
    payload: Type.String(),
    payload_bytes: Type.Number(),
    payload_encoding: Type.Union([Type.Literal('string'), Type.Literal('base64')]),
    routing_key: Type.String(),
    exchange: Type.String(),
    properties: Type.Unknown(),
  }),
);
export type GotMessage = Static<typeof Messages>[number];

/** Returns the fields of an object; none for anything else. The server writes an empty object as an empty list. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
