import type { ForwardNode } from '../settings.ts';
import type { GatewayPlan } from '../documents/gateway-plan.ts';
import type { InterfaceDocument } from '../documents/interface-document.ts';

/**
 * Returns the interfaces that a node may call: those of its front and its service domains. The node's plan contains no
 * others.
 */
export function interfacesOfNode({ interfaces }: GatewayPlan, { front, domains }: ForwardNode): readonly InterfaceDocument[] {
  return interfaces.filter((document) => document.front === front && domains.includes(document.domain));
}

/**
 * Returns the plan for a gateway in the DMZ. It is enough to refuse calls that are not worth forwarding. It has no
 * secret of a caller, no signing key of the platform, no address of a service, and only apps with a grant for an
 * interface of the node. It has no grants, because they are checked inside.
 */
export function planOfNode(plan: GatewayPlan, node: ForwardNode): GatewayPlan {
  const { number, madeAt, apps, keys, userTokenKeys, defaultAppId, platformKey } = plan;
  const isUser = node.front === 'user';
  const interfaces = interfacesOfNode(plan, node);
  const there = new Set(interfaces.map(({ interfaceId }) => interfaceId));
  const callers = new Set(plan.grants.filter(({ interfaceId }) => there.has(interfaceId)).map(({ appId }) => appId));
  return {
    ...{ number, madeAt, isHandedOut: true, defaultAppId, grants: [], busConsumers: [] },
    interfaces: interfaces.map(withoutInside),
    apps: isUser ? apps.filter(({ appId }) => appId === defaultAppId) : apps.filter(({ appId }) => callers.has(appId)),
    keys: isUser ? [] : keys.filter(({ appId }) => callers.has(appId)).map(({ secret: _secret, ...document }) => document),
    userTokenKeys: isUser ? userTokenKeys : [],
    ...(isUser && plan.userTokenIssuers && { userTokenIssuers: plan.userTokenIssuers }),
    ...(plan.platformKeys && { platformKeys: plan.platformKeys.map(({ privatePem: _private, ...key }) => key) }),
    ...(isUser && { safeSites: (plan.safeSites ?? []).map((site) => ({ ...site, reason: '' })) }),
    services: (plan.services ?? []).filter(({ domain }) => node.domains.includes(domain)),
    ipLists: ipListsOfNode(plan, node),
    platformKey: { keyId: platformKey.keyId, scheme: platformKey.scheme, publicPem: platformKey.publicPem },
  };
}

/** Returns the address lists that may concern calls of the node, without the reasons that people wrote. */
function ipListsOfNode({ ipLists = [] }: GatewayPlan, { domains }: ForwardNode): NonNullable<GatewayPlan['ipLists']> {
  return ipLists
    .filter(({ domain }) => domain === undefined || domains.includes(domain))
    .map((list) => ({ ...list, entries: list.entries.map((entry) => ({ ...entry, reason: '' })) }));
}

/** Removes what a node must not know. Bodies are logged inside, where the keys of the log are. */
function withoutInside(document: InterfaceDocument): InterfaceDocument {
  const { target } = document;
  return { ...document, log: 'none', target: target.kind === 'flow' ? target : { ...target, instances: ['https://inside.invalid'] } };
}
