/**
 * Questions of control to gateways travel over the shared state, sealed, because they and their replies contain
 * personal data. A question may get lost; the asker waits a short time and says who replied.
 */
import { Type, type Static } from 'typebox';
import Value from 'typebox/value';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { createId } from '../../engine/contract/values/ids.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Seal } from '../../engine/contract/values/seal.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { AskGateways, GatewayQuestion, GatewayReply, HeardReplies } from '../documents/gateway-questions.ts';

type Channel = Pick<SharedState, 'publish' | 'subscribe'>;

const QUESTIONS = 'gateway-questions';
const PLACE = { collection: 'gateway-questions', field: 'text' };
/** How long the asker waits for gateways that do not reply. */
const WAIT_MS = 3000;
/** How long a gateway works on a question. It must reply before the asker ends waiting. */
export const WORK_MS = 2000;
const LONGEST_TEXT = 4 * 1024 * 1024;

const Envelope = Type.Object({ id: Type.String({ maxLength: 100 }), text: Type.String({ maxLength: LONGEST_TEXT }) });
type Envelope = Static<typeof Envelope>;

export interface AskDeps {
  readonly channel: Channel;
  readonly seal: Pick<Seal, 'seal' | 'openText'>;
  readonly clock: Clock;
  /** Returns the number of gateway processes that should reply. */
  expected(): Promise<number>;
}

export function createAskGateways({ channel, seal, clock, expected }: AskDeps): AskGateways {
  return async (question) => {
    const id = createId('qst');
    const heard: HeardReplies['replies'][number][] = [];
    const all = Promise.withResolvers<void>();
    const most = 'processId' in question ? 1 : await expected();
    const unsubscribe = await channel.subscribe(replyChannel(id), (payload) => {
      const envelope = readEnvelope(payload);
      if (envelope === undefined) return;
      heard.push(JSON.parse(seal.openText({ ...PLACE, id: `reply ${id}` }, envelope.text)) as HeardReplies['replies'][number]);
      if (heard.length >= most) all.resolve();
    });
    const cancel = clock.after(WAIT_MS, all.resolve);
    try {
      const text = seal.seal({ ...PLACE, id }, JSON.stringify(question));
      await channel.publish(QUESTIONS, JSON.stringify({ id, text } satisfies Envelope));
      if (most > 0) await all.promise;
      return { replies: heard };
    } finally {
      cancel();
      unsubscribe();
    }
  };
}

export interface ReplyDeps {
  readonly channel: Channel;
  readonly seal: Pick<Seal, 'seal' | 'openText'>;
  readonly processId: string;
  readonly log: Logger;
  reply(question: GatewayQuestion): Promise<GatewayReply>;
}

/** Replies to the questions that arrive, one after the other. Returns the function that ends it. */
export function replyToQuestions({ channel, seal, processId, log, reply }: ReplyDeps): Promise<() => void> {
  let last: Promise<void> = Promise.resolve();
  return channel.subscribe(QUESTIONS, (payload) => {
    const envelope = readEnvelope(payload);
    if (envelope === undefined) return;
    last = last.then(() => replyTo(envelope)).catch((error: unknown) => log.error('gateway.question-failed', error));
  });

  async function replyTo({ id, text }: Envelope): Promise<void> {
    const question = JSON.parse(seal.openText({ ...PLACE, id }, text)) as GatewayQuestion;
    if ('processId' in question && question.processId !== processId) return;
    const sealed = seal.seal({ ...PLACE, id: `reply ${id}` }, JSON.stringify({ processId, reply: await reply(question) }));
    await channel.publish(replyChannel(id), JSON.stringify({ id, text: sealed } satisfies Envelope));
  }
}

function replyChannel(id: string): string {
  return `${QUESTIONS}/${id}`;
}

function readEnvelope(payload: string): Envelope | undefined {
  try {
    const value: unknown = JSON.parse(payload);
    return Value.Check(Envelope, value) ? value : undefined;
  } catch {
    return undefined;
  }
}
