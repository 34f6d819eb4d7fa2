/** Messages in the form that people see: always JSON, text bytes as text, and never longer than a page can show. */
import type { Message } from '../../engine/contract/values/message.ts';
import type { Reply } from '../../engine/contract/node/node.ts';

export interface ShownMessage {
  /** `json`: the value itself. `text`: textual bytes, or the beginning of a longer value. `base64`: other bytes. */
  readonly form: 'json' | 'text' | 'base64';
  readonly data: unknown;
  /** Size of the whole payload as stored. */
  readonly sizeBytes: number;
  /** True if `data` has only the beginning of the payload. */
  readonly truncated?: true;
  readonly mediaType: string;
  readonly charset?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly keys: Readonly<Record<string, string>>;
  readonly lineage: readonly string[];
}

export interface ShownReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly message: ShownMessage;
}

export interface ShowLimits {
  /** Limit for one payload. */
  readonly eachBytes: number;
  /** Limit for the whole response; once it is used up, further payloads are cut to 200 bytes. */
  readonly allBytes: number;
}

export type ShowMessage = (message: Message) => ShownMessage;

/** Length of the beginning that is always shown, enough to recognise a payload. */
const LINE_BYTES = 200;

/** Returns a function that shows messages. It counts the bytes it has shown, so create one for each response. */
export function createShowMessage({ eachBytes, allBytes }: ShowLimits): ShowMessage {
  let leftBytes = allBytes;
  return (message) => {
    const { data, blob: _stored, ...envelope } = message;
    const limitBytes = Math.max(LINE_BYTES, Math.min(eachBytes, leftBytes));
    const shown = data instanceof Uint8Array ? showBytes(data, message.charset, limitBytes) : showValue(data, limitBytes);
    leftBytes -= Math.min(shown.sizeBytes, limitBytes);
    return { ...shown, ...envelope };
  };
}

export function showReply({ status, headers, message }: Reply, show: ShowMessage): ShownReply {
  return { status, headers, message: show(message) };
}

/** Returns the shown message of each port; a node emits at most one message per port. */
export function showByPort(
  output: Readonly<Record<string, readonly Message[]>>,
  show: ShowMessage,
): Readonly<Record<string, ShownMessage>> {
  return Object.fromEntries(
    Object.entries(output).flatMap(([port, [message]]) => (message === undefined ? [] : [[port, show(message)] as const])),
  );
}

type Shown = Pick<ShownMessage, 'form' | 'data' | 'sizeBytes' | 'truncated'>;

function showValue(data: unknown, limitBytes: number): Shown {
  // Cut a text before it is converted to JSON: then the shown beginning is still text, not a part of a JSON string.
  if (typeof data === 'string' && Buffer.byteLength(data) > limitBytes)
    return { form: 'text', data: head(Buffer.from(data), limitBytes), sizeBytes: Buffer.byteLength(data), truncated: true };
  const text = JSON.stringify(data) ?? 'null';
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes <= limitBytes) return { form: 'json', data: data ?? null, sizeBytes };
  return { form: 'text', data: head(Buffer.from(text), limitBytes), sizeBytes, truncated: true };
}

function showBytes(bytes: Uint8Array, charset: string | undefined, limitBytes: number): Shown {
  const isCut = bytes.byteLength > limitBytes;
  const part = bytes.subarray(0, limitBytes);
  const text = decode(part, charset, isCut);
  return {
    ...(text === undefined ? { form: 'base64', data: Buffer.from(part).toString('base64') } : { form: 'text', data: text }),
    sizeBytes: bytes.byteLength,
    ...(isCut ? { truncated: true } : {}),
  };
}

/** Returns the bytes as text; undefined if they are not text in this charset. */
function decode(bytes: Uint8Array, charset: string | undefined, isCut: boolean): string | undefined {
  try {
    // `stream` tolerates an incomplete character at the end.
    const text = new TextDecoder(charset ?? 'utf-8', { fatal: true }).decode(bytes, { stream: isCut });
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

function head(bytes: Buffer, limitBytes: number): string {
  return new TextDecoder().decode(bytes.subarray(0, limitBytes), { stream: true });
}
