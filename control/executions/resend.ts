/**
 * "Edit with reason": resends a message, corrected or unchanged. It replaces a held execution, or is a new message if
 * the old execution has ended.
 */
import iconv from 'iconv-lite';
import { Type, type Static } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Message } from '../../engine/contract/values/message.ts';
import { valuesByName } from '../../engine/contract/values/named-values.ts';
import type { ExecutionCatalog, Resent } from '../../engine/operate/interface.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { changedPointers } from '../action/changed-pointers.ts';
import { all, type Owners } from '../action/owners.ts';

export interface ResendServices {
  readonly executions: ExecutionCatalog;
  readonly owners: Owners;
}

export interface ResendAnswer {
  /** Id of the new execution. */
  readonly executionId: string;
  readonly replayOf: string;
  /** True if the old execution was held; it ended and the new one replaced it. */
  readonly replaced: boolean;
  /**
   * - `kept`: the new execution takes the place of the old one in its lane; later messages of the lane wait for it.
   * - `end-of-lane`: it is a new message, behind all open messages of its lane.
   * - `no-lane`: its flow has no lanes.
   */
  readonly place: Resent['place'];
  /** True if a request with this `requestId` was already handled. Nothing was sent again. */
  readonly repeated: boolean;
  /** JSON Pointers into `{data, headers, keys, mediaType, charset}` to the places that differ from the old message. */
  readonly changed: readonly string[];
}

const EditedMessage = Type.Object(
  {
    data: Type.Unknown({ description: 'The complete payload, as `executions.payload` shows it' }),
    form: Type.Optional(
      Type.Enum(['json', 'text', 'base64'] as const, {
        description: 'The form of `data`: `text` is converted to bytes in the message’s charset if the old payload was bytes',
      }),
    ),
    mediaType: Type.Optional(Type.String({ maxLength: 200 })),
    charset: Type.Optional(Type.String({ maxLength: 40 })),
    headers: Type.Optional(valuesByName(Type.String())),
    keys: Type.Optional(valuesByName(Type.String())),
  },
  closed,
);

const ResendInput = Type.Object(
  {
    executionId: Type.String({ minLength: 1, maxLength: 100 }),
    message: Type.Optional(EditedMessage),
    seen: Type.Enum(['held', 'failed', 'completed', 'cancelled'] as const, {
      description: 'The status that was shown when the decision was made; the call is refused if it has changed since',
    }),
    reason: Type.String({ minLength: 1, maxLength: 500 }),
    acceptUnknown: Type.Optional(
      Type.Boolean({
        description: 'Confirms that the write with the unknown outcome was not done',
      }),
    ),
    acceptDone: Type.Optional(
      Type.Boolean({
        description: 'Confirms that completed writes of the held execution that are not idempotent should be done once more',
      }),
    ),
    newKeys: Type.Optional(
      Type.Boolean({
        description: 'A resend of a held message uses its keys. `true`: use new keys, for a receiver that remembers its refusal by the key',
      }),
    ),
    requestId: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_-]{8,64}$',
        description: 'The same id returns the same new execution, in case the response was lost',
      }),
    ),
  },
  closed,
);

export function resendActions({ executions, owners }: ResendServices): readonly Action[] {
  return [
    defineAction({
      name: 'executions.resend',
      right: 'executions.retry',
      // The current version processes the new message, so the domains of the flow count too.
      domain: ({ executionId }) => all(owners.execution(executionId), owners.flowOf(executionId)),
      text: {
        'zh-CN': '更正后重发，须说明理由：挂起的在原位置接替；已结束的作为新消息排到通道末尾',
        en: 'Resend, corrected or not: in place of a held message, or as a new message at the end of its lane; requires a reason',
      },
      input: ResendInput,
      audited: true,
      subject: ({ executionId }) => executionId,
      async run(
        ctx,
        { executionId, message, seen, reason, acceptUnknown = false, acceptDone = false, newKeys = false, requestId },
      ): Promise<ResendAnswer> {
        // A person who resends a message must be allowed to see it.
        ctx.require('executions.payload');
        ctx.note.reason = reason;
        let changed: readonly string[] = [];
        const edit = (before: Message): Message => {
          const after = message === undefined ? before : edited(before, message);
          changed = changedPointers(comparable(before), comparable(after));
          return after;
        };
        const resend = {
          actor: ctx.actor.account,
          seen,
          acceptUnknown,
          acceptDone,
          newKeys,
          edit,
          ...(requestId === undefined ? {} : { requestId }),
        };
        const resent = await executions.resend(executionId, resend);
        const { executionId: fresh, replaced, place, repeated } = resent;
        ctx.note.after = { executionId: fresh, replaced, place, repeated, changed };
        return { ...resent, replayOf: executionId, changed };
      },
    }),
  ];
}

function edited(before: Message, { data, form, ...changes }: Static<typeof EditedMessage>): Message {
  const message = { ...before, ...changes };
  const isBytes = before.data instanceof Uint8Array;
  if (form === 'base64') return { ...message, data: new Uint8Array(Buffer.from(asText(data), 'base64')) };
  if (isBytes || form === 'text') return { ...message, data: isBytes ? encode(asText(data), message.charset ?? 'utf-8') : asText(data) };
  return { ...message, data };
}

function asText(data: unknown): string {
  if (typeof data === 'string') return data;
  throw new AppError('RESEND_FORM_WRONG', 'input', 'The payload is bytes, so its replacement must be text.', {
    fix: 'Send `data` as a string, with `form` text or base64.',
  });
}

/**
 * Returns the text in this charset. Throws RESEND_UNENCODABLE (input) if the charset lacks a character: otherwise a
 * name could contain a `?`.
 */
function encode(text: string, charset: string): Uint8Array {
  const bytes = iconv.encodingExists(charset) ? iconv.encode(text, charset) : Buffer.alloc(0);
  if (iconv.encodingExists(charset) && iconv.decode(bytes, charset, { stripBOM: false }) === text) return new Uint8Array(bytes);
  throw new AppError('RESEND_UNENCODABLE', 'input', `The text contains a character that does not exist in ${charset}.`, {
    values: { charset },
    fix: 'Write it in another way, or choose another charset.',
  });
}

function comparable({ data, headers, keys, mediaType, charset }: Message): unknown {
  const shown = data instanceof Uint8Array ? Buffer.from(data).toString('base64') : data;
  return { data: shown, headers, keys, mediaType, charset };
}
