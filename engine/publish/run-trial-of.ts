/** Runs a trial for a person: the whole flow, from one node on, or one node alone. */
import { AppError } from '../contract/values/errors.ts';
import type { FlowDocument, FlowTest } from '../contract/flow/flow-document.ts';
import { createMessage } from '../contract/values/message.ts';
import { contentHash } from '../flow/content-hash.ts';
import { readFlow } from '../flow/parse-flow.ts';
import { cutPart, type FlowPart } from '../plan/cut-part.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import { partAsFlow } from '../run/part-as-flow.ts';
import type { KnownOutcome } from '../execution/run-job.ts';
import type { TrialRequest, TrialResult } from '../run/trial-result.ts';
import { documentIssues, readyFlow, type FlowCatalogDeps } from './examine-flow.ts';
import { invalid } from './flow-errors.ts';
import { testMessage } from './run-tests.ts';

const LIMIT_MS = 30_000;

export async function runTrialOf(
  deps: FlowCatalogDeps,
  raw: unknown,
  request: TrialRequest,
  signal: AbortSignal,
  by?: string,
): Promise<TrialResult> {
  const { reach, outputs = {} } = request;
  const start = request.only ?? request.from;
  const ready =
    start === undefined
      ? { flow: await readyFlow(deps, raw, signal, by), known: new Map() }
      : await readyPart(deps, raw, start, request, by);
  // `outputs` has the pinned outputs of nodes. Such a node is not run: its output is used as a mock.
  const pinned: FlowTest['mocks'] = Object.fromEntries(Object.entries(outputs).map(([id, emit]) => [id, { emit }]));
  return deps.runTrial(ready.flow, testMessage(request.input), { ...pinned, ...request.mocks }, signal, {
    reach,
    known: ready.known,
    limitMs: LIMIT_MS,
  });
}

/** Compiles a part of the flow. Only the part's own nodes must be valid: the rest of the flow may be unfinished. */
async function readyPart(
  deps: FlowCatalogDeps,
  raw: unknown,
  start: string,
  { only, outputs = {} }: TrialRequest,
  by: string | undefined,
): Promise<{ readonly flow: CompiledFlow; readonly known: ReadonlyMap<string, KnownOutcome> }> {
  const issues = await documentIssues(deps, raw, by);
  const document = readFlow(raw, deps.fits);
  if (document === undefined) throw invalid(issues);
  const trigger = document.nodes.find((node) => deps.nodes.get(node.type)?.kind === 'trigger');
  if (trigger === undefined || trigger.id === start || !document.nodes.some((node) => node.id === start)) throw unsuitable(start);
  const part = cutPart(document, roleOf(deps, document), { start, isAlone: only !== undefined, pinned: Object.keys(outputs) });
  // Always show the problem that ended the examination, even if it is outside the part.
  const own = issues.filter(
    ({ severity, node, code }) => severity === 'error' && ((node !== undefined && part.nodes.has(node)) || code === 'FLOW_TOO_COSTLY'),
  );
  if (own.length > 0) throw invalid(own);
  const compiled = deps.compile({
    flowId: document.flowId,
    version: 0,
    contentHash: contentHash(document),
    document: partDocument(document, trigger.id, part),
  });
  return { flow: partAsFlow(compiled, part), known: knownOf(part, outputs) };
}

function roleOf(deps: FlowCatalogDeps, document: FlowDocument): (nodeId: string) => string {
  const types = new Map(document.nodes.map((node) => [node.id, deps.nodes.get(node.type)]));
  return (nodeId) => {
    const definition = types.get(nodeId);
    return definition?.kind === 'control' ? definition.role : (definition?.kind ?? 'action');
  };
}

function partDocument(document: FlowDocument, triggerId: string, part: FlowPart): FlowDocument {
  const { ingress: _none, ...rest } = document;
  const nodes = document.nodes.filter(({ id }) => id === triggerId || part.nodes.has(id));
  const edges = document.edges.filter(({ from, to }) => part.nodes.has(from.node) && part.nodes.has(to.node));
  return { ...rest, nodes, edges };
}

function knownOf(part: FlowPart, outputs: NonNullable<TrialRequest['outputs']>): ReadonlyMap<string, KnownOutcome> {
  const messages = (byPort: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(byPort).map(([port, data]) => [port, createMessage(data)]));
  return new Map(part.pinned.map((id) => [id, { emits: messages(outputs[id]!) }]));
}

function unsuitable(start: string): AppError {
  return new AppError('TRIAL_NODE_UNSUITABLE', 'input', `A trial cannot begin at ${start}.`, {
    values: { node: start },
    fix: 'Choose a node of this flow that comes after its trigger; to begin with the trigger, try the whole flow.',
  });
}
