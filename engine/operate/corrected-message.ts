/**
 * Builds the message of a resend. A business key, a header or the lane stays that of the old message, unless the person
 * changed the content from which it is read.
 */
import type { Message } from '../contract/values/message.ts';
import type { AcceptDeps } from '../accept/accept.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import { readIngress } from '../accept/read-ingress.ts';

export interface CorrectedMessage {
  readonly message: Message;
  /** The lane key according to the flow's current version; undefined if the flow has no lanes. */
  readonly laneKey: string | undefined;
  /** True if the corrected message stays in its lane. */
  readonly isLaneKept: boolean;
  /** True if lane and business keys are those of the old message. */
  readonly isSameMessage: boolean;
}

type Facts = Pick<Message, 'headers' | 'keys'>;
type Fields = Readonly<Record<string, string>>;

/**
 * Compares what trigger and ingress read from the old content and from the new content. This is needed because stored
 * keys may have another source: a listener passes keys that no expression finds in the content. Rejects with the
 * trigger's error if it cannot read the new content.
 */
export async function correctMessage(
  before: Message,
  edit: (message: Message) => Message | Promise<Message>,
  flow: CompiledFlow,
  deps: Pick<AcceptDeps, 'seal' | 'log' | 'metrics' | 'clock'>,
): Promise<CorrectedMessage> {
  const edited = await edit(before);
  const isEdited = edited !== before;
  const was = factsOfOld(flow, before);
  const is = isEdited ? factsOf(flow, edited) : was;
  const old: Message = { ...before, headers: { ...was.headers, ...before.headers }, keys: { ...was.keys, ...before.keys } };
  const sent: Message = {
    ...edited,
    headers: merge(before.headers, edited.headers, was.headers, is.headers),
    keys: merge(before.keys, edited.keys, was.keys, is.keys),
  };
  const now = deps.clock.now();
  // A resend has its own dedupe key, so no dedupe expression is evaluated here.
  const read = (message: Message) => readIngress(flow, { message, dedupeKey: '-' }, now, deps);
  const oldRead = await read(old);
  const newRead = isEdited ? await read(sent) : oldRead;
  const keys = merge(old.keys, sent.keys, oldRead.keys, newRead.keys);
  const isLaneKept = oldRead.laneKey === newRead.laneKey;
  const isSameMessage = isLaneKept && Object.entries(before.keys).every(([name, value]) => keys[name] === value);
  return { message: { ...sent, keys }, laneKey: newRead.laneKey, isLaneKept, isSameMessage };
}

/**
 * Merges fields. A field that the person set is kept. Any other field is read from the new content if its source
 * changed, or if the old message lacks it.
 */
function merge(before: Fields, edited: Fields, was: Fields, is: Fields): Fields {
  const merged: Record<string, string> = { ...edited };
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const isSetByPerson = edited[name] !== before[name];
    const isStale = was[name] !== is[name] || before[name] === undefined;
    if (isSetByPerson || !isStale) continue;
    if (is[name] === undefined) delete merged[name];
    else merged[name] = is[name];
  }
  return merged;
}

function factsOf({ trigger: { definition, config } }: CompiledFlow, message: Message): Facts {
  const described = definition.kind === 'trigger' ? definition.describe?.(config, message) : undefined;
  return described ?? { headers: {}, keys: {} };
}

/**
 * Reads the headers and business keys from the old message. Returns none if the current trigger cannot read a message
 * that an older version accepted.
 */
function factsOfOld(flow: CompiledFlow, message: Message): Facts {
  try {
    return factsOf(flow, message);
  } catch {
    return { headers: {}, keys: {} };
  }
}
