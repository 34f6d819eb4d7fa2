/**
 * An action is one operation that control offers: a name, a required right, an input schema and a function. It does not
 * depend on HTTP. Only `run-action.ts` runs actions, and only `control/api/routes.ts` gives them routes.
 */
import { Type, type Static, type TObject } from 'typebox';
import type { Permission } from '../../engine/contract/access/access.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import type { DomainRule, DomainScope } from '../access/domains.ts';
import type { Actor } from '../access/actor.ts';
import type { AuditNote } from '../audit/audit-note.ts';

export interface ActionContext {
  readonly actor: Actor;
  /** The part of the installation that this person may see and change. */
  readonly domains: DomainScope;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
  readonly note: AuditNote;
  /** Sends progress to the waiting client. The event may contain only ids and numbers. */
  progress(event: Readonly<Record<string, unknown>>): void;
  /**
   * Throws PERMISSION_DENIED (input) unless the person also has this permission. For permissions that only some inputs
   * of the action require.
   */
  require(permission: Permission): void;
}

/**
 * Every logged-in person has `self`, which covers their own account. They have it even while they must change the
 * password. Every logged-in person has `member` too, except while they must change the password.
 */
export type Right = Permission | 'self' | 'member';

export interface Action<Schema extends TObject = TObject, Output = unknown> {
  /** `area.verb`, unique. */
  readonly name: string;
  readonly right: Right;
  /** The domains or objects that the action uses, for the domain check. */
  readonly domain: DomainRule<Static<Schema>>;
  readonly text: Text;
  readonly input: Schema;
  /**
   * True: an intent line is written to the audit trail before the action runs and a result line after it. Actions that
   * only read are not audited, unless they read payloads or secrets. `hourly`: lines are written at most once an hour
   * for each person and address, so that reading the audit trail does not fill it.
   */
  readonly audited: boolean | 'hourly';
  /** True if the person must enter the password again. Tokens cannot run such an action. */
  readonly stepUp?: true;
  /** Returns true if the person must give a reason (header `x-kq-reason`), which the audit trail keeps. */
  readonly needsReason?: (input: Static<Schema>) => boolean;
  /** Returns the subject that the intent line names. Only the input is known at that time. */
  readonly subject?: (input: Static<Schema>) => string;
  /**
   * Rejects if the action cannot start. The audit trail then gets no lines, because it records only denials and actions
   * that started.
   */
  admit?(ctx: ActionContext, input: Static<Schema>): Promise<void>;
  run(ctx: ActionContext, input: Static<Schema>): Promise<Output>;
}

/**
 * Type-checks an action by its own schema, then erases its types so that it fits into the list: `run-action.ts` checks
 * every input by the schema before the action gets it.
 */
export function defineAction<Schema extends TObject, Output>(action: Action<Schema, Output>): Action;
export function defineAction(action: Action): Action {
  return action;
}

/** Schema option of every input: unknown fields are refused. */
export const closed = { additionalProperties: false } as const;

export const FlowId = Type.String({ pattern: '^flw_[A-Za-z0-9_-]{1,60}$' });
