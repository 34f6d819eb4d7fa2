/** What the kit must know of one kind of other system, to run its cases: a description is one file with `describeAdapter`. */
import type { AdapterType } from '../../../engine/contract/node/adapter-type.ts';
import type { Arrival, Effect, NodeDefinition } from '../../../engine/contract/node/node.ts';
import type { Health, ProbeContext } from '../../../engine/contract/node/probe.ts';
import type { Blobs } from '../../../engine/contract/ports/blobs.ts';
import type { ErrorRecord } from '../../../engine/contract/values/errors.ts';
import type { OutboundGuard } from '../../../engine/contract/node/outbound-guard.ts';
import { checkConfig, prepareNode, type TestAdapter } from '../../../engine/testing/run-node.ts';
import type { Certificate } from '../../support/certificates.ts';

/** The columns of the table in docs/add-an-adapter.md. */
export const CASES = [
  'slow',
  'half-open',
  'cut',
  'refused',
  'credentials',
  'certificate',
  'name',
  'restart',
  'duplicate',
  'poison',
  '100 MB',
] as const;
export type Case = (typeof CASES)[number];

/** `without` of an adapter that reaches files of this machine only. */
export const NO_NETWORK = {
  ...{ slow: 'no network', 'half-open': 'no network', cut: 'no network', refused: 'no network', credentials: 'no login' },
  ...{ certificate: 'no network', name: 'no network', restart: 'no server' },
} as const satisfies Subject['without'];

export interface Subject {
  readonly adapter: AdapterType;
  /** As the row of the table is called. */
  readonly name: string;
  /** Why its server cannot run here. */
  readonly skip?: string | undefined;
  /** The cases that it cannot have, and why: a footnote of the table. */
  readonly without: Readonly<Partial<Record<Case, string>>>;
  /** Starts the real server. `announcedPort`: what it must tell its clients as its own port, because a proxy stands there. */
  start(announcedPort: number): Promise<OtherSide>;
}

/** Where an adapter finds its server: the server itself, a proxy before it, or nobody. */
export interface Place {
  readonly host: string;
  readonly port: number;
  /** Absent: as the server speaks. */
  readonly tls?: { readonly ca?: string; readonly serverName?: string };
}

export interface OtherSide {
  readonly port: number;
  readonly credential?: string;
  /** Of the right form, but refused. */
  readonly wrongCredential?: string;
  /** Settings with which the credential is refused, if the server takes every password. */
  readonly wrongSettings?: Readonly<Record<string, unknown>>;
  settings(place: Place): Readonly<Record<string, unknown>>;
  /** `front`: TLS in front of the server is enough. Otherwise starts another server with this certificate. */
  readonly tls?: 'front' | 'postgresql' | ((certificate: Certificate) => Promise<{ readonly port: number; stop(): Promise<void> }>);
  /** The connection test of its adapters. */
  probe(ctx: ProbeContext): Promise<Health>;
  /** True if a connection is all that the protocol lets the connection test see. */
  readonly probesConnectionOnly?: true;
  /** What flows do there. Each is repeated with another marker in each case. */
  readonly acts: readonly Act[];
  readonly trigger?: Trigger;
  /** Carries so many bytes there and back, or is refused clearly. Absent if `without` says why. */
  readonly large?: Large;
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface ActOptions {
  readonly adapter: TestAdapter;
  readonly secrets: Readonly<Record<string, string>>;
  readonly outbound?: OutboundGuard;
  readonly blobs?: Blobs;
}

export interface Act {
  readonly name: string;
  readonly effect: Effect;
  run(marker: string, options: ActOptions): Promise<unknown>;
  /** How often the server holds what was sent under this marker. Absent if the act leaves nothing there. */
  count?(marker: string): Promise<number> | number;
}

/** A node that is prepared once, as that of a published flow. */
export function nodeAct(
  node: NodeDefinition,
  config: Readonly<Record<string, unknown>>,
  data: (marker: string) => unknown,
  count?: Act['count'],
): Act {
  if (node.kind !== 'action') throw new TypeError(`${node.type} is no action`);
  const run = prepareNode(node, config);
  return {
    name: node.type,
    effect: typeof node.effect === 'function' ? node.effect(checkConfig(node, config)) : node.effect,
    run: (marker, options) => run({ ...options, data: data(marker), idempotencyKey: marker }),
    ...(count === undefined ? {} : { count }),
  };
}

export interface Trigger {
  readonly node: NodeDefinition;
  /** Settings of its adapter, if they are not those of the acts. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** `source`: a queue, folder or table for one test. */
  config(source: string): Readonly<Record<string, unknown>>;
  create?(source: string): Promise<unknown> | unknown;
  /** Puts something there that holds the marker. `listener`: the port of a trigger that waits for connections. */
  deliver(source: string, marker: string, listener: number): Promise<unknown> | unknown;
  /** By what the engine recognises a repetition; the dedupe key by default. */
  identity?(arrival: Arrival): string | undefined;
  /** What lies in the place of what was refused: its content and the reason. */
  setAside(source: string, refusals: readonly ErrorRecord[]): Promise<string> | string;
}

export interface Large {
  /** Runs before the memory is watched. */
  prepare?(): Promise<void>;
  /** Resolves after 100 MB went through `blobs`; the kit watches the memory. */
  carry(options: ActOptions): Promise<void>;
}
