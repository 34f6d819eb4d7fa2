/** The envelope that travels along a flow's edges. Immutable: a node answers a new one. */

/** Where bytes too large to be stored in a document lie. */
export interface BlobRef {
  readonly blobId: string;
  readonly sizeBytes: number;
}

/** Plain data as JSON knows it, or bytes (`Uint8Array`) when a payload has not been parsed. */
export type MessageData = unknown;

export interface Message {
  /** Parsed value inside a leg. Bytes are a `Uint8Array`. `undefined` when the payload stands in `blob`. */
  readonly data: MessageData;
  /** Set only where something was stored: payloads above `BLOB_THRESHOLD_BYTES` are kept by reference. */
  readonly blob?: BlobRef;
  /** For example `application/json`, `application/hl7-v2`, `text/xml`. */
  readonly mediaType: string;
  /** IANA name of the charset the payload came in or shall leave in, for example `GB18030`. */
  readonly charset?: string;
  /** Lower-case names. Transport headers that the flow may look at; credentials are never among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Business keys (patient, visit, order …) by name; stored only as keyed tokens, searched by equality. */
  readonly keys: Readonly<Record<string, string>>;
  /** Ids of the executions this message came through, oldest first. */
  readonly lineage: readonly string[];
}

/** Payloads above this are stored by reference. */
export const BLOB_THRESHOLD_BYTES = 64 * 1024;

/** Makes a message with everything but the data defaulted. */
export function createMessage(data: MessageData, fields: Partial<Omit<Message, 'data'>> = {}): Message {
  return { mediaType: 'application/json', headers: {}, keys: {}, lineage: [], ...fields, data };
}

/** The same message with another payload (and media type, when it changes); headers, keys and lineage go on. */
export function withData(message: Message, data: MessageData, mediaType: string = message.mediaType): Message {
  const { charset, headers, keys, lineage } = message;
  return charset === undefined ? { data, mediaType, headers, keys, lineage } : { data, mediaType, charset, headers, keys, lineage };
}
