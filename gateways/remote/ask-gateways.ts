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
import { createLane, type Lane } from './create-lane.ts';

type Channel = Pick<SharedState, 'publish' | 'subscribe'>;

const QUESTIONS = 'gateway-questions';
/** The ids of questions whose askers wait no longer. */
const ENDED = 'gateway-questions-ended';
const PLACE = { collection: 'gateway-questions', field: 'text' };
/** How long the asker waits for gateways that do not reply. */
const WAIT_MS = 3000;
/** How long a gateway has for a question since it arrived. It must reply before the asker ends waiting. */
const WORK_MS = 2000;
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
  return async (question, signal) => {
    const id = createId('qst');
    const heard: HeardReplies['replies'][number][] = [];
    const all = Promise.withResolvers<void>();
    const asked = 'processId' in question ? 1 : await expected();
    const unsubscribe = await channel.subscribe(replyChannel(id), (payload) => {
      const envelope = readEnvelope(payload);
      if (envelope === undefined) return;
      heard.push(JSON.parse(seal.openText({ ...PLACE, id: `reply ${id}` }, envelope.text)) as HeardReplies['replies'][number]);
      if (heard.length >= asked) all.resolve();
    });
    const cancel = clock.after(WAIT_MS, all.resolve);
    const onAbort = () => all.resolve();
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    try {
      const text = seal.seal({ ...PLACE, id }, JSON.stringify(question));
      await channel.publish(QUESTIONS, JSON.stringify({ id, text } satisfies Envelope));
      if (asked > 0) await all.promise;
      if (heard.length < asked) await end(id);
      return { replies: heard, asked };
    } finally {
      signal?.removeEventListener('abort', onAbort);
      cancel();
      unsubscribe();
    }
  };

  function end(id: string): Promise<void> {
    return channel.publish(ENDED, JSON.stringify({ id, text: seal.seal({ ...PLACE, id: `end ${id}` }, '') } satisfies Envelope));
  }
}

export interface ReplyDeps {
  readonly channel: Channel;
  readonly seal: Pick<Seal, 'seal' | 'openText'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly processId: string;
  readonly log: Logger;
  /** `isOver` returns true once the time of the question is over, or its asker waits no longer. */
  reply(question: GatewayQuestion, isOver: () => boolean): Promise<GatewayReply>;
}

/**
 * A search reads files for as long as two seconds, other questions take milliseconds. So these do not wait for searches,
 * and what an operator does (drain, resume) waits for no question.
 */
const SEARCHES = { running: 4, waiting: 12 };
const OTHERS = { running: 1, waiting: 64 };

/**
 * Replies to the questions that arrive. Only some are worked on at once and only some may wait; others get the reply
 * `busy`. A question whose time is over is dropped. Returns the function that ends it.
 */
export async function replyToQuestions(deps: ReplyDeps): Promise<() => void> {
  const { channel, seal, clock, log } = deps;
  const lanes = { search: createLane(SEARCHES), act: createLane(OTHERS), other: createLane(OTHERS) };
  const open = new Map<string, { isEnded: boolean }>();

  async function take({ id, text }: Envelope): Promise<void> {
    const question = JSON.parse(seal.openText({ ...PLACE, id }, text)) as GatewayQuestion;
    if ('processId' in question && question.processId !== deps.processId) return;
    const until = clock.monotonic() + WORK_MS;
    const state = { isEnded: false };
    const isOver = () => state.isEnded || clock.monotonic() > until;
    open.set(id, state);
    try {
      const done = laneOf(question, lanes).run(async () => (isOver() ? undefined : deps.reply(question, isOver)));
      const reply = done === undefined ? ({ kind: 'busy' } as const) : await done;
      if (reply !== undefined && !state.isEnded) await sendReply(id, reply, deps);
    } finally {
      open.delete(id);
    }
  }

  const unsubscribe = await channel.subscribe(QUESTIONS, (payload) => {
    const envelope = readEnvelope(payload);
    if (envelope === undefined) return;
    take(envelope).catch((error: unknown) => log.error('gateway.question-failed', error));
  });
  const forget = await channel.subscribe(ENDED, (payload) => {
    const envelope = readEnvelope(payload);
    const state = envelope && open.get(envelope.id);
    if (state === undefined) return;
    try {
      seal.openText({ ...PLACE, id: `end ${envelope!.id}` }, envelope!.text);
      state.isEnded = true;
    } catch (error) {
      log.error('gateway.question-failed', error);
    }
  });
  return () => (unsubscribe(), forget());
}

type Lanes = Readonly<Record<'search' | 'act' | 'other', Lane>>;

function laneOf({ kind }: GatewayQuestion, { search, act, other }: Lanes): Lane {
  if (kind === 'drain') return act;
  return kind === 'find-calls' || kind === 'open-call' ? search : other;
}

async function sendReply(id: string, reply: GatewayReply, { channel, seal, processId }: ReplyDeps): Promise<void> {
  const text = seal.seal({ ...PLACE, id: `reply ${id}` }, JSON.stringify({ processId, reply }));
  await channel.publish(replyChannel(id), JSON.stringify({ id, text } satisfies Envelope));
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
