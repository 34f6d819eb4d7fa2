import { networkOf } from '../../engine/contract/calls/ip-range.ts';
import type { Exchange, OptionProblem, PolicyDeps } from '../contract.ts';
import type { InterfaceDocument } from '../documents/interface-document.ts';
import type { Dimension } from '../documents/limit-dimension.ts';
import { userOf } from '../shared/caller-of.ts';

/** True if the count is not shared with other interfaces. */
export function isOfInterface(by: Dimension): boolean {
  return by === 'app-interface' || by === 'interface';
}

/** In an explanation, says that other gateways count too and that only this one was looked at. */
export function noteOwnMemory(exchange: Exchange, policy: string, { liveGateways }: Pick<PolicyDeps, 'liveGateways'>): void {
  const others = liveGateways(exchange.front) - 1;
  if (others > 0) exchange.note({ policy, what: `others-not-asked ${others}` });
}

/** Finds limits that would count nothing. `at` is where the rows are in the options, as a JSON Pointer. */
export function findLimitProblems(
  rows: readonly { readonly by: Dimension }[],
  { front }: InterfaceDocument,
  at: string,
): readonly OptionProblem[] {
  if (front === 'user') return [];
  return rows.flatMap(({ by }, i) =>
    by === 'user'
      ? [
          {
            ...{ path: `${at}/${i}/by`, problem: 'limit-user', value: front },
            message: `There are no users on the front ${front}, so this limit would count nothing.`,
            fix: 'Count by app, by app at this interface, or by address.',
          },
        ]
      : [],
  );
}

/** Returns the key of a request in a dimension; undefined if it has none, such as a call without a user. */
export function limitKeyOf(exchange: Exchange, by: Dimension): string | undefined {
  const { clientIp, app, interface: called } = exchange;
  switch (by) {
    case 'user': {
      const user = userOf(exchange);
      return user && `${user.issuer} ${user.subject}`;
    }
    case 'address':
      return clientIp.includes(':') ? networkOf(clientIp) : clientIp;
    case 'app':
    case 'app-interface':
      return app?.appId;
    case 'interface':
      return called!.interfaceId;
    case 'domain':
      return called!.domain;
  }
}
