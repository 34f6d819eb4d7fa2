/** A message is the envelope that nodes pass along a flow's edges. It is immutable: a node returns a new one. */

/** The form of the id of a blob, as a part of regular expressions. */
export const BLOB_ID = 'blob_[0-9a-v]{9}[A-Za-z0-9_-]{14}';

/** Refers to bytes that are too large for a document. */
export interface BlobRef {
  readonly blobId: string;
  readonly sizeBytes: number;
}

/** Plain JSON data, or bytes (`Uint8Array`) if a payload has not been parsed. */
export type MessageData = unknown;

export interface Message {
  /** The parsed value; bytes are a `Uint8Array`. `undefined` if the payload is in `blob`. */
  readonly data: MessageData;
  /** Set only on stored messages: payloads above `BLOB_THRESHOLD_BYTES` are kept by reference. */
  readonly blob?: BlobRef;
  /** For example `application/json`, `application/hl7-v2`, `text/xml`. */
  readonly mediaType: string;
  /** IANA name of the charset the payload arrived in or should leave in, for example `GB18030`. */
  readonly charset?: string;
  /** Transport headers that the flow may read, with lower-case names. Never contains credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Business keys (patient, visit, order …) by name. Only keyed tokens of them are stored, which can be searched by
   * equality.
   */
  readonly keys: Readonly<Record<string, string>>;
  /** Ids of the executions that this message passed through, oldest first. */
  readonly lineage: readonly string[];
}

/** Payloads larger than this are stored by reference. */
export const BLOB_THRESHOLD_BYTES = 64 * 1024;

/** Creates a message with defaults for everything except the data. */
export function createMessage(data: MessageData, fields: Partial<Omit<Message, 'data'>> = {}): Message {
  return { mediaType: 'application/json', headers: {}, keys: {}, lineage: [], ...fields, data };
}

/**
 * Returns the message with another payload (and another media type, if given). Keeps charset, headers, keys and
 * lineage.
 */
export function withData(message: Message, data: MessageData, mediaType: string = message.mediaType): Message {
  const { charset, headers, keys, lineage } = message;
  return charset === undefined ? { data, mediaType, headers, keys, lineage } : { data, mediaType, charset, headers, keys, lineage };
}
