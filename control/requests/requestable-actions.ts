/**
 * Prepares the requested action, checks whether the request is outdated, and runs the action after a person accepted
 * the request.
 */
import { Type, type Static } from 'typebox';
import type { Permission } from '../../engine/contract/access/access.ts';
import { PLAIN_REASON } from '../../engine/contract/values/plain-text.ts';
import { checkDomains, existing, scopeOf } from '../access/domains.ts';
import { isAllowed } from '../access/permissions.ts';
import { closed, type Action, type ActionContext } from '../action/action.ts';
import { inputCheck, inputIssues, missing } from '../action/input-check.ts';
import type { RunAction } from '../action/run-action.ts';
import { canonicalJson } from '../audit/canonical-json.ts';
import type { AccountStore } from '../auth/account-store.ts';
import { requestRules, digestOf, type RequestRule, type RequestRulesServices, type AskedState } from './request-rules.ts';
import { requesterNotAllowed, inputWrong, needless, outdated, tooLarge } from './request-errors.ts';
import type { RequestBody, RequestRecord, RequestStore } from './request-store.ts';

export interface RequestableActionsServices extends RequestRulesServices {
  readonly requests: RequestStore;
  readonly accounts: AccountStore;
  readonly runAction: RunAction;
}

export const Reason = Type.String({ minLength: 1, maxLength: 500, pattern: PLAIN_REASON });
/** The action that a person asks for, and the reason. */
export const RequestInput = Type.Object({ action: Type.String({ maxLength: 64 }), input: Type.Unknown(), reason: Reason }, closed);

export interface Prepared {
  readonly action: Action;
  readonly needs: Permission;
  readonly input: unknown;
  readonly subject: string;
  readonly state: AskedState;
  /** Digest of the wanted change; equal for two requests for the same change. */
  readonly wanted: string;
  /** Domains that the person lacks; the person who decides must have them. */
  readonly lacking: readonly (string | null)[];
}

const MOST_INPUT_KB = 256;
/** A document always has its revision; the input of an action may leave it out, but not that of a request. */
const NO_REVISION = missing('/input/revision', 'revision');

export class RequestableActions {
  readonly #services: RequestableActionsServices;
  /** All actions, including those that can be requested. */
  readonly #actions: readonly Action[];
  readonly #askable: Readonly<Record<string, RequestRule>>;

  constructor(services: RequestableActionsServices, actions: readonly Action[]) {
    this.#services = services;
    this.#actions = actions;
    this.#askable = requestRules(services);
  }

  /** Checks a request and returns the data to store. Rejects if the action itself would fail. */
  async prepare(ctx: ActionContext, { action: name, input: given, reason }: Static<typeof RequestInput>): Promise<Prepared> {
    const { asks, needs, lacking: lackingOf, look, complete, wanted: wantedOf } = this.#actOf(name);
    const action = this.#actionOf(name);
    ctx.require(asks);
    if (isAllowed(ctx.actor, needs) && lackingOf === undefined) throw needless(name);
    if (!inputCheck(action).Check(given)) throw inputWrong(name, inputIssues(action, given, '/input'));
    if (Buffer.byteLength(canonicalJson(given)) > MOST_INPUT_KB * 1024) throw tooLarge(MOST_INPUT_KB);
    const input = complete?.(given, reason) ?? given;
    await checkDomains(action.domain, input as never, ctx.domains);
    const lacking = (await lackingOf?.(input, ctx.domains)) ?? [];
    if (isAllowed(ctx.actor, needs) && lacking.length === 0) throw needless(name);
    const subject = action.subject?.(input as never) ?? name;
    const state = existing(await look(input), subject);
    if (state.from === undefined) throw inputWrong(name, [NO_REVISION]);
    if (state.from !== state.revision) throw outdated(name);
    return { action, needs, input, subject, state, wanted: digestOf(wantedOf?.(input) ?? input), lacking };
  }

  /**
   * Returns every domain that the person who decides must have. Null stands for an object of the installation, which
   * requires all domains.
   */
  async domainsOf({ action, input, lacking }: Prepared): Promise<readonly (string | null)[]> {
    return [...new Set([...(await domainsTouched(action, input)), ...lacking])];
  }

  /**
   * Returns true if the object was changed or removed since the request. A change after this check makes the action
   * itself fail.
   */
  async isOutdated(record: RequestRecord, input: unknown): Promise<boolean> {
    if (input === undefined) return true;
    const { digest } = this.#services.requests.open(record, 'body') as RequestBody;
    const state = await this.#actOf(record.action).look(input);
    return state === undefined || (digest !== undefined && state.digest !== digest);
  }

  /**
   * Runs the requested action as the person who decides, with the roles of this person and of the requester: each of
   * them lacks something that the action needs. Rejects if the requester may no longer request it.
   */
  async carryOut(record: RequestRecord, { actor, signal }: ActionContext, reason: string): Promise<void> {
    const { requests, accounts, runAction } = this.#services;
    const { reason: why } = requests.open(record, 'body') as RequestBody;
    const input = await requests.inputOf(record);
    const asker = await accounts.get(record.by);
    const { asks } = this.#actOf(record.action);
    if (asker === undefined || asker.disabled || !isAllowed({ roles: asker.roles, via: 'session' }, asks))
      throw requesterNotAllowed(record.by);
    const action = this.#actionOf(record.action);
    await checkDomains(action.domain, input as never, scopeOf(asker.domains));
    if (await this.isOutdated(record, input)) throw outdated(record.action);
    const roles = [...new Set([...actor.roles, ...asker.roles])];
    await runAction(record.action, input, { ...actor, roles }, { signal, reason: `${record._id} (${record.by}: ${why}) ${reason}` });
  }

  #actOf(name: string): RequestRule {
    return existing(Object.hasOwn(this.#askable, name) ? this.#askable[name] : undefined, name);
  }

  #actionOf(name: string): Action {
    return existing(
      this.#actions.find((action) => action.name === name),
      name,
    );
  }
}

async function domainsTouched(action: Action, input: unknown): Promise<readonly (string | null)[]> {
  if (typeof action.domain === 'string') return [null];
  const demands = await action.domain(input as never);
  const names = demands.flatMap((demand) => ('names' in demand ? [demand.names as string] : (demand.domains ?? [])));
  return names.map((name) => name ?? null);
}
