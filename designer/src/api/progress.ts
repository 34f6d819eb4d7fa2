/** What each long operation reports while it runs. Types only. */
import type { ProbeStep } from '../../../engine/contract/node/probe.ts';
import type { ArchiveRun, Bulk } from './operations.ts';

interface ProgressEvents {
  'adapters.test': { readonly step: ProbeStep };
  'adapters.try': { readonly step: ProbeStep };
  'archive.run': ArchiveRun;
  'brokers.move': { readonly moved: number };
  'executions.retry-many': Bulk;
  'executions.resend-many': Bulk;
  'executions.conclude-many': Bulk;
  'executions.cancel-many': Bulk;
  'flows.publish': { readonly stage: PublishStage };
  'flows.test': { readonly done: number; readonly of: number };
}

export type PublishStage = 'validate' | 'test' | 'prepare' | 'commit' | 'apply';

/** The progress of an operation. It is unknown for operations that are not listed above. */
export type Progress<Id extends string> = Id extends keyof ProgressEvents ? ProgressEvents[Id] : unknown;
