import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Seal } from '../../engine/contract/values/seal.ts';
import type { Front } from '../../engine/contract/access/access.ts';
import type {
  DescribedRequest,
  Explanation,
  GatewayEvent,
  GatewayQuestion,
  GatewayReply,
  RecentCallPage,
} from '../documents/gateway-questions.ts';
import type { LoadReport } from '../documents/load-state.ts';
import { createSearchTurns } from '../log/create-search-turns.ts';
import { findCalls, openCall, type SearchOptions } from '../log/search-access-log.ts';

/** What a gateway can be asked. */
export interface ReplyingGateway {
  explain(request: DescribedRequest, hidden: readonly string[]): Promise<Explanation | undefined>;
  events(): readonly GatewayEvent[];
  recentCalls(after: number | undefined, limit: number): RecentCallPage;
  loadOf(interfaceId: string): LoadReport | undefined;
  setDraining(isDraining: boolean): void;
  stats(): { readonly inFlight: number };
  readonly logName: string;
  flushLog(): Promise<void>;
}

export interface CallReplyDeps {
  /** The folder of the access logs. */
  readonly folder: string;
  readonly processId: string;
  /** The seal of the access log. */
  readonly seal: Pick<Seal, 'open'>;
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  /** The gateways of this process by front, once they are open. */
  gateways(): Readonly<Partial<Record<Front, ReplyingGateway>>>;
}

/** Creates the replies of a process about its own gateways and their access log. */
export function createReply(deps: CallReplyDeps): (question: GatewayQuestion, isOver: () => boolean) => Promise<GatewayReply> {
  const startSearch = createSearchTurns(deps.clock);
  return async (question, isOver) => {
    const gateways = deps.gateways();
    if (question.kind === 'explain') {
      const { front, request, hidden } = question;
      return { kind: 'explain', explanation: await gateways[front]?.explain(request, hidden) };
    }
    if (question.kind === 'events') {
      const events = Object.entries(gateways).flatMap(([front, gateway]) => gateway.events().map((event) => ({ ...event, front })));
      return { kind: 'events', events };
    }
    if (question.kind === 'recent-calls') {
      const { after, limit } = question;
      const pages = Object.entries(gateways).map(([front, gateway]) => {
        const name = `${deps.processId}/${front}`;
        return { gateway: name, ...gateway.recentCalls(after[name], limit) };
      });
      return { kind: 'recent-calls', gateways: pages };
    }
    if (question.kind === 'load') {
      const loads = Object.entries(gateways).flatMap(([gateway, opened]) => {
        const load = opened.loadOf(question.interfaceId);
        return load === undefined ? [] : [{ ...load, gateway }];
      });
      return { kind: 'load', loads };
    }
    if (question.kind === 'drain') {
      const drained = Object.entries(gateways).map(([front, gateway]) => {
        gateway.setDraining(question.isDraining);
        return { front, inFlight: gateway.stats().inFlight };
      });
      return { kind: 'drain', gateways: drained };
    }
    const { turn, end } = startSearch();
    try {
      return await search(question, deps, { isOver, turn });
    } finally {
      end();
    }
  };
}

async function search(
  question: GatewayQuestion & { readonly kind: 'find-calls' | 'open-call' },
  { folder, processId, seal, gateways }: CallReplyDeps,
  bounds: Pick<SearchOptions, 'isOver' | 'turn'>,
): Promise<GatewayReply> {
  await Promise.all(Object.values(gateways()).map((gateway) => gateway.flushLog()));
  const logs = Object.values(gateways()).map(({ logName }) => logName);
  const files = { folder, logs, processId };
  const options = { ...bounds, interfaceIds: question.interfaceIds && new Set(question.interfaceIds) };
  if (question.kind === 'find-calls') {
    const { query, limit } = question;
    return { kind: 'find-calls', ...(await findCalls(files, query, { ...options, limit })) };
  }
  return { kind: 'open-call', opened: await openCall(files, question.call, { ...options, seal }) };
}
