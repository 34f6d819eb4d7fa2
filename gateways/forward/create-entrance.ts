import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Answer, Exchange, ForwardNode, Relay } from '../contract.ts';
import type { GatewayPlan } from '../documents/gateway-plan.ts';
import { refuse } from '../errors.ts';
import { toErrorAnswer } from '../listen/write-answer.ts';
import type { CompiledFront } from '../pipeline/compile-front.ts';
import { peerFingerprint } from '../shared/peer-fingerprint.ts';
import { interfacesOfNode, planOfNode } from './plan-of-node.ts';
import { hasNodeRequest, NOT_TAKEN, RELAY_HEADER, takeNodeRequest, type NodeRequest } from './relay-header.ts';

/** A request on the bus front's listener that is not for the bus front. */
export type Entered =
  | { readonly kind: 'call'; readonly node: ForwardNode; readonly relay: Relay }
  | { readonly kind: 'plan'; readonly node: ForwardNode; readonly newerThan: number }
  | { readonly kind: 'refused' };

/** What each node may call, under one plan. */
export interface NodeFronts {
  frontOf(node: ForwardNode): CompiledFront;
  /** The response to a node that asks for a plan. */
  handOut(node: ForwardNode, newerThan: number): Answer;
}

/**
 * The entrance by which a bus gateway accepts calls from gateways in the DMZ. Only its certificate identifies a node.
 * The gateway trusts what a node says about where a call came from, never about who the caller is: the pipeline of
 * the call's own front authenticates the caller again. Returns undefined for an ordinary call of the bus front. Only
 * requests with our header are inspected, so the others cost nothing.
 */
export function createEntrance(nodes: readonly ForwardNode[], needsChain: boolean): (request: IncomingMessage) => Entered | undefined {
  const byFingerprint = new Map(nodes.map((node) => [node.fingerprint, node]));
  // What the handshake proved does not change. Whether the certificate is still valid is checked for each new
  // connection.
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

/**
 * Compiles the front of every node from its own interfaces: those of another front or domain cannot be called. Nodes
 * with the same front and domains share one.
 */
export function compileNodeFronts(
  plan: GatewayPlan,
  nodes: readonly ForwardNode[],
  compile: (node: ForwardNode, plan: GatewayPlan) => CompiledFront,
): NodeFronts {
  const scopes = new Map<string, { front: CompiledFront; handedOut: Buffer | undefined }>();
  const keyOf = ({ front, domains }: ForwardNode) => JSON.stringify([front, ...[...domains].sort()]);
  for (const node of nodes) {
    if (scopes.has(keyOf(node))) continue;
    scopes.set(keyOf(node), { front: compile(node, { ...plan, interfaces: interfacesOfNode(plan, node) }), handedOut: undefined });
  }
  return {
    frontOf: (node) => scopes.get(keyOf(node))!.front,
    handOut(node, newerThan) {
      if (plan.number <= newerThan) return { status: 204, headers: {}, body: undefined };
      const scope = scopes.get(keyOf(node))!;
      scope.handedOut ??= Buffer.from(JSON.stringify(planOfNode(plan, node)));
      return { status: 200, headers: { 'content-type': 'application/json', 'cache-control': 'no-store' }, body: scope.handedOut };
    },
  };
}

/** The node's certificate was refused: the node must not pass this response on to its caller. */
export function toRefusedAnswer(exchange: Exchange, now: number): Answer {
  const { status, headers, body } = toErrorAnswer(exchange, (exchange.error = refuse('GW40101')), now);
  return { status, headers: { ...headers, [RELAY_HEADER]: NOT_TAKEN }, body };
}
