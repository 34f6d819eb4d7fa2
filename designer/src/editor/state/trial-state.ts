/** State of a trial in the side panel. */
import type { TrialAnswer } from '../../api/operations.ts';
import type { FlowDocument, FlowTest } from '../../../../engine/contract/flow/flow-document.ts';

export type Scope = { readonly kind: 'whole' } | { readonly kind: 'from' | 'only'; readonly nodeId: string };

export interface TrialOrder {
  readonly document: FlowDocument;
  readonly input: FlowTest['input'];
  readonly mocks: FlowTest['mocks'];
  readonly reachesAdapters: boolean;
  readonly scope: Scope;
}

/** The trial of the open flow. It is kept while the user looks at another tab. */
export interface Trial {
  /** Key of the input with which the trial starts; undefined means the first one in the list. */
  readonly startKey: string | undefined;
  /** The input as the user typed it; undefined as long as the user has typed nothing. */
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
