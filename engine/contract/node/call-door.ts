/**
 * Between the caller of an interface and the flow: a trigger type may turn what the caller sent into the flow's
 * message, and the flow's reply into what the caller gets.
 */
import type { Clock } from '../values/clock.ts';
import type { Message } from '../values/message.ts';

/** The same as `Reply` in `node.ts`, which imports this file. */
interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly message: Message;
}

export interface CallDoorContext {
  readonly clock: Clock;
  /** Aborted when the caller has left. */
  readonly signal: AbortSignal;
  /** Absent if no HTTP request led to the call. */
  readonly request?: { readonly method: string; readonly rawQuery: string } | undefined;
}

export interface CallDoor {
  /**
   * True if the door reads `rawQuery`, in which names may be repeated. The message then has an empty query if the gateway
   * cannot read it.
   */
  readonly readsQuery?: true;
  /** Opens a call. Throws an AppError (input) if the flow cannot be run with what the caller sent. */
  open(message: Message, ctx: CallDoorContext): OpenedCall | Promise<OpenedCall>;
  /** Throws as `answerTo` does, if the reply to this message of a flow is made later, without the call. */
  checkReply(message: Message, reply: Reply): void;
}

export type OpenedCall =
  /** The answer, without running the flow. */
  | { readonly answer: Reply }
  | {
      readonly message: Message;
      /**
       * Converts the reply of the flow. Throws an AppError if that is impossible; callers get the text of one of the kind
       * `bug`, so it names no data.
       */
      answerTo(reply: Reply): Reply;
      /** The answer if the flow is durable: the message is stored. */
      readonly accepted: Reply;
    };
