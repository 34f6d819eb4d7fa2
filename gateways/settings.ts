/** The startup settings of one gateway process. */
import type { Front } from '../engine/contract/access/access.ts';

/** Limits and addresses of one gateway process. They are startup settings and frozen. */
export interface GatewayLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerIp: number;
  /** Maximum number of requests per second from one address; the next field limits those of one app. */
  readonly maxRequestsPerIp: number;
  readonly maxRequestsPerApp: number;
  readonly maxRequestsPerConnection: number;
  readonly headerTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveMs: number;
  /** How long in-flight requests may still take when the gateway stops, in milliseconds. */
  readonly drainMs: number;
  /** Memory for the bodies of all requests together. */
  readonly bodyBudgetBytes: number;
  /** Memory for cached responses. The gateway puts at most as many bytes of them into shared state. */
  readonly cacheBytes: number;
  /** Maximum number of calls forwarded from the DMZ in flight: in total, and per node. */
  readonly maxForwardedCalls: number;
  readonly maxForwardedCallsPerNode: number;
}

/**
 * A gateway in the DMZ, as a bus gateway knows it. Its certificate identifies it. It may call one front and the listed
 * service domains.
 */
export interface ForwardNode {
  /** SHA-256 of the certificate, hex, lower case. */
  readonly fingerprint: string;
  readonly front: Exclude<Front, 'bus'>;
  readonly domains: readonly string[];
}

export interface GatewaySettings {
  readonly host: string;
  /** The value 0 means any free port. */
  readonly port: number;
  /**
   * PEM texts. If absent, the gateway uses plain HTTP, which is allowed on loopback only. With `ca`, client
   * certificates must also chain to it.
   */
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca?: string };
  /** True if several processes listen on the port. The system distributes connections over them. */
  readonly sharesPort?: boolean;
  /** Addresses or CIDR ranges whose `X-Forwarded-For` is trusted. */
  readonly trustedProxies: readonly string[];
  /** Used only by a bus gateway. */
  readonly forwardNodes?: readonly ForwardNode[];
  /** The service domains whose interfaces this gateway serves; absent: all. Other interfaces do not exist here. */
  readonly domains?: readonly string[];
  /** Where this gateway runs. It prefers instances of services in the same zone. */
  readonly zone?: string;
  readonly limits?: Partial<GatewayLimits>;
}
