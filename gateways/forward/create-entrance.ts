import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Answer, Exchange, Relay } from '../contract.ts';
import type { ForwardNode } from '../settings.ts';
import type { GatewayPlan } from '../documents/gateway-plan.ts';
import { refuse } from '../errors.ts';
import { toErrorAnswer } from '../listen/write-answer.ts';
import type { CompiledFront } from '../pipeline/compile-front.ts';
import { peerFingerprint } from '../shared/peer-fingerprint.ts';
import { planOfNode } from './plan-of-node.ts';
import { hasNodeRequest, NOT_TAKEN, RELAY_HEADER, takeNodeRequest, type NodeRequest } from './relay-header.ts';

/** A request with the relay header. It is not a call of the bus front's own callers. */
export type Entered =
  | { readonly kind: 'call'; readonly node: ForwardNode; readonly relay: Relay }
  | { readonly kind: 'plan'; readonly node: ForwardNode; readonly newerThan: number }
  | { readonly kind: 'refused' };

/** The fronts that each node may call, under one plan. */
export interface NodeFronts {
  frontOf(node: ForwardNode): CompiledFront;
  /** Returns the response to a node that requests a plan. */
  handOut(node: ForwardNode, newerThan: number): Answer;
}

/**
 * Creates the entrance by which a bus gateway accepts calls from gateways in the DMZ. A node is identified only by its
 * certificate. The bus gateway trusts what a node says about where a call came from, but never about who the caller is:
 * the pipeline of the call's own front authenticates the caller again. The returned function returns undefined for an
 * ordinary call of the bus front. It inspects only requests with our header, so other requests cost nothing.
 */
export function createEntrance(nodes: readonly ForwardNode[], needsChain: boolean): (request: IncomingMessage) => Entered | undefined {
  const byFingerprint = new Map(nodes.map((node) => [node.fingerprint, node]));
  // The node of a connection does not change after the handshake, so it is looked up once per connection. The validity
  // dates of the certificate are checked then.
  const known = new WeakMap<Socket, ForwardNode | undefined>();
  const nodeAt = (socket: Socket): ForwardNode | undefined => {
    if (!known.has(socket)) known.set(socket, byFingerprint.get(peerFingerprint(socket, needsChain) ?? ''));
    return known.get(socket);
  };
  return ({ socket, rawHeaders }) => {
    if (!hasNodeRequest(rawHeaders)) return undefined;
    const node = nodeAt(socket);
    const asked = node && takeNodeRequest(rawHeaders);
    return asked === undefined ? { kind: 'refused' } : toEntered(node!, asked);
  };
}

function toEntered(node: ForwardNode, asked: NodeRequest): Entered {
  if (asked.kind === 'plan') return { kind: 'plan', node, newerThan: asked.newerThan };
  return { kind: 'call', node, relay: { ...asked.relay, node: node.fingerprint.slice(0, 16) } };
}

/** Nodes with the same scope may call the same interfaces, so they share one compiled front. */
export function scopeOf({ front, domains }: ForwardNode): string {
  return JSON.stringify([front, ...[...domains].sort()]);
}

/** Creates the fronts of nodes from the compiled front of each scope. */
export function createNodeFronts(plan: GatewayPlan, fronts: ReadonlyMap<string, CompiledFront>): NodeFronts {
  const handedOut = new Map<string, Buffer>();
  return {
    frontOf: (node) => fronts.get(scopeOf(node))!,
    handOut(node, newerThan) {
      if (plan.number <= newerThan) return { status: 204, headers: {}, body: undefined };
      const scope = scopeOf(node);
      let body = handedOut.get(scope);
      if (body === undefined) handedOut.set(scope, (body = Buffer.from(JSON.stringify(planOfNode(plan, node)))));
      return { status: 200, headers: { 'content-type': 'application/json', 'cache-control': 'no-store' }, body };
    },
  };
}

/**
 * Returns the response that tells a node that its certificate was refused. The node must not pass this response on to
 * its caller.
 */
export function toRefusedAnswer(exchange: Exchange, now: number): Answer {
  const { status, headers, body } = toErrorAnswer(exchange, (exchange.error = refuse('GW40101')), now);
  return { status, headers: { ...headers, [RELAY_HEADER]: NOT_TAKEN }, body };
}
