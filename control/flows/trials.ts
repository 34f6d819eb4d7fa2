/**
 * Trials run a flow, or a part of it, once and show the result to the person who started it. A trial that calls
 * adapters requires a further right.
 */
import { Type } from 'typebox';
import type { ErrorRecord } from '../../engine/contract/values/errors.ts';
import { FlowTest } from '../../engine/contract/flow/flow-document.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import { valuesByName } from '../../engine/contract/values/named-values.ts';
import type { TrialRequest, TrialResult, TrialStep } from '../../engine/run/trial-result.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { requireReferences } from './flow-references.ts';
import {
  createShowMessage,
  showByPort,
  showReply,
  type ShowMessage,
  type ShownMessage,
  type ShownReply,
} from '../executions/shown-message.ts';
import type { FlowCatalog } from '../../engine/publish/interface.ts';
import type { BindingStore } from '../../engine/bindings/interface.ts';
import type { NodeRegistry } from '../../engine/registry/load-nodes.ts';
import type { Registry } from '../registry/registry.ts';
import type { Owners } from '../action/owners.ts';

export interface TrialServices {
  readonly catalog: FlowCatalog;
  readonly bindingStore: BindingStore;
  readonly nodes: NodeRegistry;
  readonly registry: Registry;
  readonly owners: Owners;
}

/** One step of a trial. `scope` is the iteration: `''` outside loops, `n_each[3]` in a loop. */
export interface TrialStepAnswer extends Omit<TrialStep, 'input' | 'output'> {
  readonly input?: ShownMessage;
  readonly output?: Readonly<Record<string, ShownMessage>>;
}

export interface TrialAnswer extends Pick<TrialResult, 'status' | 'reached' | 'wrote'> {
  readonly reply?: ShownReply;
  readonly error?: ErrorRecord;
  readonly steps: readonly TrialStepAnswer[];
  /** Number of steps not shown here (long loops). */
  readonly stepsLeftOut: number;
}

const LIMITS = { eachBytes: 256 * 1024, allBytes: 8 * 1024 * 1024 };
const MAX_STEPS = 2_000;

const NodeId = Type.String({ pattern: '^n_[A-Za-z0-9_-]{1,60}$' });
const TrialInput = Type.Object(
  {
    document: Type.Unknown(),
    input: Type.Index(FlowTest, Type.Literal('input')),
    mocks: Type.Optional(Type.Index(FlowTest, Type.Literal('mocks'))),
    reach: Type.Optional(
      Type.Enum(['none', 'adapters'] as const, {
        default: 'none',
        description: '`adapters`: nodes that are neither mocked nor pinned really call the other side; requires the right adapters.test',
      }),
    ),
    from: Type.Optional({ ...NodeId, description: 'Runs this node and the nodes after it; `input` is its input' }),
    only: Type.Optional({ ...NodeId, description: 'Runs only this node; `input` is its input' }),
    outputs: Type.Optional(
      valuesByName(Type.Record(Type.String(), Type.Unknown()), {
        description: 'Pinned outputs: node id -> port -> data; such nodes do not run',
      }),
    ),
  },
  closed,
);

export function trialActions(services: TrialServices): readonly Action[] {
  const { catalog } = services;
  return [
    defineAction({
      name: 'flows.trial',
      right: 'flows.edit',
      domain: 'filtered',
      text: {
        'zh-CN': '试运行一次并显示每一步；默认不触达任何真实系统',
        en: 'Run once and show every step; calls no real system unless requested',
      },
      input: TrialInput,
      audited: true,
      subject: ({ document }) => (isRecord(document) ? String(document['flowId']) : ''),
      async run(ctx, { document, mocks = {}, reach = 'none', ...request }) {
        if (reach === 'adapters') ctx.require('adapters.test');
        await requireReferences(services, ctx.domains, document);
        const result = await catalog.trial(document, { ...request, mocks, reach } as TrialRequest, ctx.signal, ctx.actor.account);
        ctx.note.after = { reach, status: result.status, reached: result.reached, wrote: result.wrote };
        return answerOf(result);
      },
    }),
  ];
}

function answerOf({ status, reply, error, steps, reached, wrote }: TrialResult): TrialAnswer {
  const show = createShowMessage(LIMITS);
  return {
    status,
    reached,
    wrote,
    ...(reply === undefined ? {} : { reply: showReply(reply, show) }),
    ...(error === undefined ? {} : { error }),
    steps: steps.slice(0, MAX_STEPS).map((step) => showStep(step, show)),
    stepsLeftOut: Math.max(0, steps.length - MAX_STEPS),
  };
}

function showStep({ input, output, ...step }: TrialStep, show: ShowMessage): TrialStepAnswer {
  return {
    ...step,
    ...(input === undefined ? {} : { input: show(input) }),
    ...(output === undefined ? {} : { output: showByPort(output, show) }),
  };
}
