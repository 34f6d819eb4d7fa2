/**
 * The one place where an action runs: right -> input -> domains -> password again -> audit intent -> run -> audit
 * result. Every permission check and every audit line of an action happens here.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Permission, Role } from '../../engine/contract/access/access.ts';
import { rolesWith } from '../../engine/contract/access/role-rights.ts';
import { AppError, toErrorRecord, type Issue } from '../../engine/contract/values/errors.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import { collectChanges, type MarkChange } from '../../engine/integrity/mark-changes.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Refusals } from '../audit/refusals.ts';
import type { CheckStepUp, Confirmation } from './step-up.ts';
import { trailRefused, type TrailProblem } from '../audit/trail-problem.ts';
import type { Action, ActionContext } from './action.ts';
import type { AuditNote } from '../audit/audit-note.ts';
import type { Actor } from '../access/actor.ts';
import { checkDomains, requireAll, scopeOf, type DomainScope } from '../access/domains.ts';
import { hideOthers } from './hide-others.ts';
import { inputCheck, inputIssues } from './input-check.ts';
import type { Owners } from './owners.ts';
import { isAllowed } from '../access/permissions.ts';

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** The reason that the person entered; recorded in the audit trail. */
  readonly reason?: string;
  /** The password that the person entered again for a dangerous action. */
  readonly confirmation?: Confirmation;
  readonly progress?: (event: Readonly<Record<string, unknown>>) => void;
}

export type RunAction = (name: string, input: unknown, actor: Actor, options?: RunOptions) => Promise<unknown>;

export interface RunActionDeps {
  readonly actions: readonly Action[];
  readonly audit: AuditLog;
  readonly refusals: Refusals;
  readonly checkStepUp: CheckStepUp;
  readonly owners: Owners;
  readonly clock: Pick<Clock, 'now'>;
  /** The rights of the actions that can be requested, by name of the action. */
  readonly requestRights: Readonly<Record<string, RequestRights>>;
  /** Returns why the store is read only (`StoreGuard`), or undefined if it is not. Absent if this is not checked. */
  trailProblem?(): TrailProblem | undefined;
}

/** The rights around an action that people can request from those who may do it. */
export interface RequestRights {
  /** The right that a person needs to request the action. */
  readonly asks: Permission;
  /** The right that the requester lacks, unless they lack only a domain. */
  readonly needs: Permission;
}

/** Returns the function that runs actions by name. */
export function createRunAction(deps: RunActionDeps): RunAction {
  const { actions, audit, refusals, checkStepUp, owners, clock, trailProblem } = deps;
  const byName = new Map(actions.map((action) => [action.name, action]));
  const isWithinHour = createHourly(clock);
  if (byName.size !== actions.length) throw new AppError('CONTROL_ACTION_TWICE', 'bug', 'Two actions have the same name.');

  return async (name, sent, actor, options = {}) => {
    const action = byName.get(name);
    if (action === undefined) throw new AppError('CONTROL_ACTION_UNKNOWN', 'bug', `There is no action ${name}.`, { values: { name } });
    const scope = scopeOf(actor.domains);
    const marks: MarkChange[] = [];
    const note: AuditNote = {};
    const requireRight = (right: Permission) => checkPermission(actor, right, name, deps.requestRights);
    const ctx = createContext(actor, note, scope, requireRight, options);
    const input = await refusals.watch(name, actor, async () => {
      checkRight(action, actor, requireRight);
      if (action.domain === 'all') requireAll(scope);
      const expected = inputCheck(action);
      if (!expected.Check(sent)) throw invalidInput(inputIssues(action, sent));
      await checkDomains(action.domain, sent, scope);
      if (action.needsReason?.(sent as never) === true && (options.reason ?? '').trim() === '') throw reasonMissing();
      const problem = action.audited !== false ? trailProblem?.() : undefined;
      if (problem !== undefined && !WHILE_READ_ONLY.has(name)) throw trailRefused(problem);
      // `checkStepUp` may use up a recovery code and so change the account. The audit line of this action records that
      // change.
      await action.admit?.(ctx, sent as never);
      if (action.stepUp) await collectChanges(marks, () => checkStepUp(actor, options.confirmation));
      return sent;
    });

    const subject = action.subject?.(input);
    if (subject !== undefined) note.subject = subject;
    const run = () =>
      runWhole(action, ctx, input).catch(async (error: unknown) => {
        throw await hideOthers(error, scope, owners);
      });
    if (!action.audited || (action.audited === 'hourly' && isWithinHour(name, actor))) return refusals.watch(name, actor, run);
    // A reason sent with the request goes into the intent line, and the action cannot replace it. If the input itself
    // has a reason, only the reason in the input is recorded, because other people read it too.
    const reason = hasReason(input) ? undefined : options.reason;
    const intent = await audit.intent({ action: name, actor, subject: note.subject, reason });
    try {
      const output = await collectChanges(marks, run);
      if (reason !== undefined) delete note.reason;
      await audit.result(intent, { outcome: 'done', note, marks });
      return output;
    } catch (error) {
      await audit.result(intent, { outcome: toErrorRecord(error).code, note, marks });
      throw error;
    }
  };
}

function reasonMissing(): AppError {
  return new AppError('REASON_MISSING', 'input', 'This action requires a reason for the audit trail.', {
    fix: 'Send it percent-encoded in the header x-kq-reason; the console asks for it.',
  });
}

function hasReason(input: unknown): boolean {
  return isRecord(input) && typeof input['reason'] === 'string';
}

const HOUR_MS = 3_600_000;
const MOST_REMEMBERED = 10_000;

/**
 * Returns a function that returns true if this person already ran the action from this address within the last hour.
 */
function createHourly(clock: Pick<Clock, 'now'>): (action: string, actor: Actor) => boolean {
  const noted = new Map<string, number>();
  return (action, { account, from }) => {
    const key = JSON.stringify([action, account, from]);
    const now = clock.now();
    if (now - (noted.get(key) ?? -Infinity) < HOUR_MS) return true;
    if (noted.size >= MOST_REMEMBERED) noted.clear();
    noted.set(key, now);
    return false;
  };
}

/**
 * Actions that still run while the store is read only. People need them to inspect the audit trail and to decide
 * whether to accept it.
 */
const WHILE_READ_ONLY: ReadonlySet<string> = new Set([
  'me.change-password',
  'me.logout',
  'me.begin-second-factor',
  'me.confirm-second-factor',
  'audit.list',
  'audit.acts',
  'audit.verify',
  'integrity.accept-trail',
  'integrity.decide',
]);

function checkRight(action: Action, actor: Actor, requireRight: (right: Permission) => void): void {
  if (actor.mustChangePassword === true && action.right !== 'self') {
    throw new AppError('PASSWORD_CHANGE_REQUIRED', 'input', 'The one-time password must be changed first.', {
      fix: 'Change it by POST /api/v1/me/password, in the console or with `kangqiao login`.',
    });
  }
  if (actor.mustSetUpSecondFactor === true && action.right !== 'self') {
    throw new AppError('SECOND_FACTOR_REQUIRED', 'input', 'This installation requires a second factor, which your account does not have.', {
      fix: 'Set it up in the console or with `kangqiao login`; you need an authenticator app on your phone.',
    });
  }
  if (action.right !== 'self' && action.right !== 'member') requireRight(action.right);
  else if (actor.rights !== undefined && !OF_EVERY_TOKEN.has(action.name)) throw tokenLacks(action.name);
}

/**
 * The `self` actions that a token with named rights may run. Such a token cannot change the account of its owner or end
 * any session except its own.
 */
const OF_EVERY_TOKEN: ReadonlySet<string> = new Set(['me.get', 'me.logout']);

function tokenLacks(action: string): AppError {
  return new AppError('TOKEN_CANNOT', 'input', `A token with limited rights cannot do ${action}.`, {
    fix: 'Log in with the password, in the console or with `kangqiao login`.',
  });
}

function checkPermission(
  actor: Actor,
  permission: Permission,
  action: string,
  requestRights: Readonly<Record<string, RequestRights>>,
): void {
  if (isAllowed(actor, permission)) return;
  const request = Object.hasOwn(requestRights, action) ? requestRights[action] : undefined;
  // A token with limited rights cannot request anything, but its owner can, unless they may do it themselves.
  const owner = { roles: actor.roles, via: 'session' };
  const mayRequest = request?.needs === permission && isAllowed(owner, request.asks) && !isAllowed(owner, permission);
  const { fix, ...values } = mayRequest ? byRequest(action) : byRole(permission);
  throw new AppError('PERMISSION_DENIED', 'input', `This requires the right ${permission}, which your roles do not give.`, {
    values: { permission, ...values },
    fix,
  });
}

interface Advice {
  readonly fix: string;
  readonly problem?: string;
  readonly action?: string;
}

function byRequest(action: string): Advice {
  const fix = `Request it on the page where you do it, or by POST /requests with the action ${action}; someone who has the right decides.`;
  return { fix, problem: 'request', action };
}

function byRole(permission: Permission): Advice {
  const [role, other] = rolesWith(permission);
  if (role === undefined || other !== undefined || !KEPT_ROLES.includes(role))
    return { fix: 'Ask the system administrator for a role that includes it.' };
  return { fix: `Only the role ${role} has it: ask someone with this role to do it.`, problem: role };
}

/** Roles that the system administrator cannot give. */
const KEPT_ROLES: readonly Role[] = ['security-admin', 'audit-admin'];

/** Rejects with CONTROL_DOMAINS_IGNORED (bug) if an action that filters by domain never read the person's domains. */
async function runWhole(action: Action, ctx: Context, input: unknown): Promise<unknown> {
  const output = await action.run(ctx, input as never);
  if (action.domain !== 'filtered' || ctx.askedForDomains()) return output;
  throw new AppError('CONTROL_DOMAINS_IGNORED', 'bug', `The action ${action.name} does not filter by domain.`, {
    values: { name: action.name },
  });
}

interface Context extends ActionContext {
  askedForDomains(): boolean;
}

function createContext(
  actor: Actor,
  note: AuditNote,
  scope: DomainScope,
  requireRight: (right: Permission) => void,
  options: RunOptions,
): Context {
  let isAsked = false;
  return {
    actor,
    note,
    get domains() {
      isAsked = true;
      return scope;
    },
    askedForDomains: () => isAsked,
    signal: options.signal ?? new AbortController().signal,
    progress: options.progress ?? (() => {}),
    require: requireRight,
  };
}

function invalidInput(issues: readonly Issue[]): AppError {
  return new AppError('INPUT_INVALID', 'input', `The input has ${issues.length} problem(s).`, {
    values: { count: issues.length },
    issues,
    fix: 'Correct the listed issues and send it again.',
  });
}
