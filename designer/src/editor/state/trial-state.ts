/** What the side panel keeps of a trial. */
import type { TrialAnswer } from '../../../../control/flows/trials.ts';
import type { FlowDocument, FlowTest } from '../../../../engine/contract/flow/flow-document.ts';

export type Scope = { readonly kind: 'whole' } | { readonly kind: 'from' | 'only'; readonly nodeId: string };

export interface TrialOrder {
  readonly document: FlowDocument;
  readonly input: FlowTest['input'];
  readonly mocks: FlowTest['mocks'];
  readonly reachesAdapters: boolean;
  readonly scope: Scope;
}

/** The trial of the open flow, as it stands in the side panel: it outlives a look at another tab. */
export interface Trial {
  /** What the input began as; undefined is the first one that there is. */
  readonly startKey: string | undefined;
  /** The input as it was typed; undefined until a person typed. */
  readonly typed: string | undefined;
  readonly scope: Scope['kind'];
  readonly reachesAdapters: boolean;
  readonly run: TrialRun | undefined;
}

export interface TrialRun {
  readonly order: TrialOrder;
  readonly stop: AbortController;
  readonly answer?: TrialAnswer;
  readonly error?: unknown;
}
