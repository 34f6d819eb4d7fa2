/** The operations of people on executions: lists, one execution with its steps and data, retry and cancel. */
import { archiveAbsent, type ArchiveReader } from '../archive/read-archive.ts';
import type { SharedState } from '../contract/ports/shared-state.ts';
import type { WorkQueue } from '../contract/ports/work-queue.ts';
import type { DocumentPage, ExecutionQuery } from '../execution/execution-query.ts';
import type { ExecutionStores } from '../execution/journal/journal-deps.ts';
import { countStatuses } from '../execution/scope-filters.ts';
import { holderOf, resumeByToken } from '../execution/wait-tokens.ts';
import type { Payloads } from '../execution/payloads.ts';
import { countOutcome } from './bulk-outcome.ts';
import { describeExecution, summarise, type DescribeDeps } from './describe-execution.ts';
import { cancelExecution, cancelHeld, concludeExecution, concludeHeld, retryExecution, retryHeld } from './held-executions.ts';
import type { ExecutionCatalog } from './interface.ts';
import { listExecutions } from './list-executions.ts';
import { openFile } from './open-file.ts';
import { readKeys } from './read-keys.ts';
import { findReplays, resendExecution, type ResendDeps } from './resend-execution.ts';
import { resendHeld } from './resend-held.ts';
import { groupHeld, selectHeld } from './select-held.ts';
import { tryRetriesNow } from './try-now.ts';

export interface ExecutionCatalogDeps extends ExecutionStores, ResendDeps, DescribeDeps {
  readonly workQueue: WorkQueue;
  readonly shared: SharedState;
  readonly payloads: Payloads;
  readonly cancelChannel: string;
  /** The executions that were archived into files. */
  readonly archive?: ArchiveReader | undefined;
}

export function createExecutionCatalog(deps: ExecutionCatalogDeps): ExecutionCatalog {
  const { executions } = deps;
  const held = { ...deps, bindings: deps.run.bindings };

  const catalog: ExecutionCatalog = {
    async list(query) {
      const { found, next, searchedFrom } = query.archived === true ? await listArchived(query, deps) : await listExecutions(query, deps);
      return { items: found.map((document) => summarise(document, deps.seal)), next, searchedFrom };
    },

    async get(executionId, { payload }) {
      const document = await executions.get(executionId);
      if (document !== undefined) return describeExecution(document, payload, deps, deps);
      const archived = await deps.archive?.get(executionId);
      if (archived === undefined) return undefined;
      const details = await describeExecution(archived.execution, payload, archived, deps);
      const replays = new Set([...details.replays, ...(await findReplays(executionId, executions))]);
      return { ...details, replays: [...replays], isArchived: true };
    },

    async openFile(executionId, blobId, within) {
      const details = await catalog.get(executionId, { payload: true });
      return details && openFile(details, blobId, within, { ...deps, blobs: deps.run.blobs });
    },

    async ownerOf(executionId) {
      const document = (await executions.get(executionId)) ?? (await deps.archive?.get(executionId))?.execution;
      if (document === undefined) return undefined;
      const { flowId, version, domain } = document;
      if (domain !== undefined) return { flowId, domain };
      const flow = await deps.published.at(flowId, version).catch(() => undefined);
      return { flowId, domain: flow?.document.domain };
    },

    keysOf: (ids, within) => readKeys(ids, within, deps),
    counts: () => countStatuses(executions),

    retry: (executionId, actor, tables = 'then') => retryExecution(executionId, actor, tables, held),
    tryNow: (executionId) => tryRetriesNow(executionId, deps),
    cancel: (executionId, actor, reason) => cancelExecution(executionId, actor, reason, held),
    conclude: (executionId, conclusion) => concludeExecution(executionId, conclusion, held),
    resend: (executionId, resend) => resendExecution(executionId, resend, deps),

    heldGroups: (within) => groupHeld(within, deps),
    selectHeld: (selection, limit, within) => selectHeld(selection, limit, within, deps),
    retryHeld: (item, act) => retryHeld(item, act, held),
    resendHeld: (item, act) => resendHeld(item, act, deps),
    cancelHeld: (item, act) => cancelHeld(item, act, held),
    concludeHeld: (item, act) => concludeHeld(item, act, held),
    bulkOutcome: (items, bulkId) => countOutcome(items, bulkId, executions),

    holderOf: (flowId, token) => holderOf(flowId, token, deps),
    resume: (flowId, token, message, options) => resumeByToken(flowId, token, message, deps, options),
  };
  return catalog;
}

async function listArchived(query: ExecutionQuery, { archive }: ExecutionCatalogDeps): Promise<DocumentPage> {
  if (archive !== undefined) return archive.list(query);
  throw archiveAbsent();
}
