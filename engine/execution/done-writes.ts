/** Lists the writes of an execution that are known to be done, using the nodes of its flow version. */
import type { CompiledFlow, CompiledNode } from '../compile/compile-flow.ts';
import type { KnownOutcome, Written } from './run-job.ts';
import type { Emits } from '../plan/progress.ts';
import type { Message } from '../contract/values/message.ts';

export interface DoneWrite {
  readonly node: string;
  /** The iteration path; `''` at the top level. */
  readonly scope: string;
}

export function listDoneWrites(flow: CompiledFlow, known: ReadonlyMap<string, KnownOutcome>): readonly DoneWrite[] {
  const done: DoneWrite[] = [];
  for (const [key, outcome] of known) {
    const at = key.lastIndexOf('/');
    const node = flow.nodes.get(key.slice(at + 1));
    if (node && 'emits' in outcome && writtenBy(node, outcome.emits) !== undefined)
      done.push({ node: node.id, scope: key.slice(0, Math.max(0, at)) });
  }
  return done;
}

/** Returns the node's effect if its outcome means that it changed something in another system. */
export function writtenBy({ effect }: CompiledNode, emits: Emits<Message>): Written | undefined {
  if (effect !== 'write' && effect !== 'idempotent-write') return undefined;
  return Object.keys(emits).some((port) => port !== 'error') ? effect : undefined;
}
