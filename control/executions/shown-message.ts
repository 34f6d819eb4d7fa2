/** Messages as people see them: always JSON, textual bytes as text, and never longer than a page can hold. */
import type { Message } from '../../engine/contract/values/message.ts';
import type { Reply } from '../../engine/contract/node/node.ts';

export interface ShownMessage {
  /** `json`: the value itself. `text`: textual bytes, or the beginning of a longer value. `base64`: other bytes. */
  readonly form: 'json' | 'text' | 'base64';
  readonly data: unknown;
  /** Size of the whole payload as stored. */
  readonly sizeBytes: number;
  /** Only the beginning is here, as text. */
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
  /** Limit for one whole response; later payloads are cut to a line. */
  readonly allBytes: number;
}

export type ShowMessage = (message: Message) => ShownMessage;

/** Enough to recognise a payload. */
const LINE_BYTES = 200;

/** Counts what it has shown, so create one for each response. */
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

/** A node emits at most one message per port. */
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
  // The beginning of a text is valid text; it is not cut JSON.
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

/** Undefined when the bytes are not text in that charset. */
function decode(bytes: Uint8Array, charset: string | undefined, isCut: boolean): string | undefined {
  try {
    // `stream` tolerates a character that was cut in two at the end.
    const text = new TextDecoder(charset ?? 'utf-8', { fatal: true }).decode(bytes, { stream: isCut });
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

function head(bytes: Buffer, limitBytes: number): string {
  return new TextDecoder().decode(bytes.subarray(0, limitBytes), { stream: true });
}
