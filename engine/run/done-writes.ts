/** Which writes of an execution are known to have been done, in the words of its version. */
import { writtenBy } from './handle-error.ts';
import type { CompiledFlow } from './compile-flow.ts';
import type { KnownOutcome } from './run-job.ts';

export interface DoneWrite {
  readonly node: string;
  /** The iteration path, `''` at the top. */
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
