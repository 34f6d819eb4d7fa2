/**
 * The messages of RocketMQ's gRPC protocol (`apache.rocketmq.v2`, Apache License 2.0), as far as they are used here. Fields that are left
 * out are skipped when an answer is read.
 */
import protobuf from 'protobufjs';

const SOURCE = `
syntax = "proto3";
message Duration { int64 seconds = 1; int32 nanos = 2; }
message Timestamp { int64 seconds = 1; int32 nanos = 2; }
message Resource { string resource_namespace = 1; string name = 2; }
message Status { int32 code = 1; string message = 2; }
message Address { string host = 1; int32 port = 2; }
message Endpoints { int32 scheme = 1; repeated Address addresses = 2; }
message Broker { string name = 1; int32 id = 2; Endpoints endpoints = 3; }
message MessageQueue { Resource topic = 1; int32 id = 2; int32 permission = 3; Broker broker = 4; repeated int32 accept_message_types = 5; }
message SystemProperties {
  repeated string keys = 2; string message_id = 3; int32 body_encoding = 5; int32 message_type = 6; Timestamp born_timestamp = 7;
  string born_host = 8; optional string receipt_handle = 12; int32 queue_id = 13; optional int64 queue_offset = 14;
  optional int32 delivery_attempt = 16; optional string message_group = 17;
}
message Message { Resource topic = 1; map<string, string> user_properties = 2; SystemProperties system_properties = 3; bytes body = 4; }
message FilterExpression { int32 type = 1; string expression = 2; }
message RetryPolicy { int32 max_attempts = 1; }
message SubscriptionEntry { Resource topic = 1; FilterExpression expression = 2; }
message Publishing { repeated Resource topics = 1; int32 max_body_size = 2; }
message Subscription { optional Resource group = 1; repeated SubscriptionEntry subscriptions = 2; optional bool fifo = 3; }
message UA { int32 language = 1; string version = 2; string platform = 3; string hostname = 4; }
message Settings {
  optional int32 client_type = 1; optional Endpoints access_point = 2; optional RetryPolicy backoff_policy = 3;
  optional Duration request_timeout = 4; oneof pub_sub { Publishing publishing = 5; Subscription subscription = 6; } UA user_agent = 7;
}
message TelemetryCommand { optional Status status = 1; oneof command { Settings settings = 2; } }
message QueryRouteRequest { Resource topic = 1; Endpoints endpoints = 2; }
message QueryRouteResponse { Status status = 1; repeated MessageQueue message_queues = 2; }
message HeartbeatRequest { optional Resource group = 1; int32 client_type = 2; }
message StatusResponse { Status status = 1; }
message SendMessageRequest { repeated Message messages = 1; }
message SendResultEntry { Status status = 1; string message_id = 2; }
message SendMessageResponse { Status status = 1; repeated SendResultEntry entries = 2; }
message ReceiveMessageRequest {
  Resource group = 1; MessageQueue message_queue = 2; FilterExpression filter_expression = 3; int32 batch_size = 4;
  optional Duration invisible_duration = 5; bool auto_renew = 6; optional Duration long_polling_timeout = 7;
}
message ReceiveMessageResponse { oneof content { Status status = 1; Message message = 2; } }
message AckMessageEntry { string message_id = 1; string receipt_handle = 2; }
message AckMessageRequest { Resource group = 1; Resource topic = 2; repeated AckMessageEntry entries = 3; }
message AckMessageResultEntry { string message_id = 1; string receipt_handle = 2; Status status = 3; }
message AckMessageResponse { Status status = 1; repeated AckMessageResultEntry entries = 2; }
message ChangeInvisibleDurationRequest {
  Resource group = 1; Resource topic = 2; string receipt_handle = 3; Duration invisible_duration = 4; string message_id = 5;
}
message ChangeInvisibleDurationResponse { Status status = 1; string receipt_handle = 2; }
message NotifyClientTerminationRequest { optional Resource group = 1; }
`;

const { root } = protobuf.parse(SOURCE);
const types = new Map<string, protobuf.Type>();

function typeOf(name: string): protobuf.Type {
  let type = types.get(name);
  if (type === undefined) types.set(name, (type = root.lookupType(name)));
  return type;
}

export function encode(name: string, message: object): Uint8Array {
  return typeOf(name).encode(typeOf(name).fromObject(message)).finish();
}

export function decode<T>(name: string, bytes: Uint8Array): T {
  return typeOf(name).decode(bytes) as T;
}

export interface Status {
  readonly code: number;
  readonly message: string;
}

export interface Queue {
  readonly id: number;
  readonly permission: number;
  readonly acceptMessageTypes: readonly number[];
  readonly broker: {
    readonly name: string;
    readonly id: number;
    readonly endpoints: { readonly addresses: readonly { readonly host: string; readonly port: number }[] };
  };
}

export interface Received {
  readonly userProperties: Readonly<Record<string, string>>;
  readonly systemProperties: {
    readonly messageId: string;
    readonly bodyEncoding: number;
    readonly receiptHandle: string;
    readonly queueId: number;
    readonly messageGroup?: string;
  };
  readonly body: Uint8Array;
}

export interface Settings {
  readonly backoffPolicy?: { readonly maxAttempts: number } | null;
  readonly publishing?: { readonly maxBodySize: number } | null;
  readonly subscription?: { readonly fifo?: boolean } | null;
}

/** The proxy answered with another code than OK. */
export class StatusError extends Error {
  readonly status: Status;

  constructor(status: Status) {
    super(`${status.code} ${status.message}`);
    this.name = 'StatusError';
    this.status = status;
  }
}

/** Throws a StatusError unless the code is that of success. */
export function requireOk(status: Status | null | undefined): void {
  if (status?.code !== OK) throw new StatusError(status ?? { code: 0, message: 'no status' });
}

export const OK = 20_000;
export const FIFO = 2;
export const NORMAL = 1;
