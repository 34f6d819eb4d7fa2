/** Actions that show what is wrong with the integrity of the store, and actions that decide about it. */
import { Type } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Finding } from '../../engine/integrity/integrity-state.ts';
import { noteChange } from '../../engine/integrity/mark-changes.ts';
import { MARKED_COLLECTIONS } from '../../engine/integrity/marked-collections.ts';
import { ACCEPT, type ChainBreak } from '../audit/walk-chain.ts';
import type { StoreGuard } from './store-guard.ts';
import type { TrailProblem } from '../audit/trail-problem.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import type { EngineView } from '../action/engine-view.ts';

export interface IntegrityServices {
  readonly engine: EngineView;
  readonly guard?: StoreGuard;
}

export interface IntegrityView {
  /** True if documents without a valid mark are not used. */
  readonly isEnforced: boolean;
  /** The reason why the store is read only; absent if it is not. */
  readonly trail?: TrailProblem;
  /** Time of the check that found the signed head of the audit trail missing. */
  readonly headMissingSince?: number;
  readonly findings: readonly Finding[];
  /** Lines of the audit trail that are missing or were changed. */
  readonly breaks: readonly ChainBreak[];
  /** Processes that must end before marks can be enforced. */
  readonly older: readonly { readonly role: string; readonly host: string; readonly pid: number; readonly version: string }[];
}

const MAX_FINDINGS = 500;
const Reason = Type.String({ minLength: 1, maxLength: 500, description: 'The reason; written into the audit line' });

export function integrityActions(services: IntegrityServices): readonly Action[] {
  return [getIntegrity(services), acceptTrail(services), decideFinding(services), enforceMarks(services)];
}

function getIntegrity({ guard, engine }: IntegrityServices): Action {
  return defineAction({
    name: 'integrity.get',
    right: 'system.read',
    domain: 'all',
    text: { 'zh-CN': '数据完整性：是否启用、发现的问题', en: 'Integrity of the store: whether it is enforced, and what was found' },
    input: Type.Object({}, closed),
    audited: false,
    async run(): Promise<IntegrityView> {
      const trail = guard?.trailProblem();
      const headMissingSince = guard?.headMissingSince();
      return {
        isEnforced: guard?.isEnforced === true,
        ...(trail === undefined ? {} : { trail }),
        ...(headMissingSince === undefined ? {} : { headMissingSince }),
        findings: (guard?.findings() ?? []).slice(0, MAX_FINDINGS),
        breaks: guard?.breaks() ?? [],
        older: guard?.isEnforced === true ? [] : await olderProcesses(engine),
      };
    },
  });
}

function acceptTrail({ guard }: IntegrityServices): Action {
  return defineAction({
    name: ACCEPT,
    right: 'integrity.decide',
    domain: 'all',
    text: { 'zh-CN': '接受当前的审计链并解除只读', en: 'Accept the audit trail as it stands, and end the read-only state' },
    input: Type.Object({ reason: Reason }, closed),
    audited: true,
    stepUp: true,
    async run(ctx, { reason }) {
      ctx.note.reason = reason;
      ctx.note.before = existing(guard).trailProblem();
      const { acceptance, marks } = await existing(guard).acceptTrail();
      for (const mark of marks) noteChange(mark);
      ctx.note.after = acceptance;
      return { accepted: true };
    },
  });
}

function decideFinding({ guard }: IntegrityServices): Action {
  return defineAction({
    name: 'integrity.decide',
    right: 'integrity.decide',
    domain: 'all',
    text: { 'zh-CN': '保留或删除一项被改动的数据', en: 'Keep or remove a document that was changed outside Kangqiao' },
    input: Type.Object(
      {
        collection: Type.Enum([...MARKED_COLLECTIONS]),
        id: Type.String({ minLength: 1, maxLength: 1000 }),
        decision: Type.Enum(['keep', 'remove']),
        reason: Reason,
      },
      closed,
    ),
    audited: true,
    stepUp: true,
    subject: ({ collection, id }) => `${collection}/${id}`,
    async run(ctx, { collection, id, decision, reason }) {
      ctx.note.reason = reason;
      ctx.note.after = { decision };
      noteChange(await existing(guard).decide(collection, id, decision));
      return { decision };
    },
  });
}

function enforceMarks({ guard, engine }: IntegrityServices): Action {
  return defineAction({
    name: 'integrity.enforce',
    right: 'system.edit',
    domain: 'all',
    text: { 'zh-CN': '启用数据完整性校验', en: 'Enforce marks: documents without a valid mark are no longer used' },
    input: Type.Object({}, closed),
    audited: false,
    async run({ actor }) {
      await existing(guard).enforce(actor, async () => {
        const running = await olderProcesses(engine);
        if (running.length > 0) throw olderRuns(running);
      });
      return { enforced: true };
    },
  });
}

async function olderProcesses(engine: EngineView): Promise<IntegrityView['older']> {
  const processes = await engine.processes.list();
  return processes
    .filter(({ state, writesMarks }) => state === 'alive' && writesMarks === undefined)
    .map(({ role, host, pid, version }) => ({ role, host, pid, version }));
}

function existing(guard: StoreGuard | undefined): StoreGuard {
  if (guard === undefined) throw new AppError('INTEGRITY_UNKNOWN', 'bug', 'This control process was opened without a guard of its store.');
  return guard;
}

function olderRuns(running: IntegrityView['older']): AppError {
  const names = running.map(({ role, host, pid, version }) => `${role} ${version} (${host} ${pid})`).join(', ');
  return new AppError('INTEGRITY_OLDER_RUNS', 'input', `Processes of an earlier version still run: ${names}.`, {
    values: { processes: names },
    fix: 'Stop them, or start them in this version; then enforce the marks.',
  });
}
