import { Pool } from 'undici';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { GatewayPlan } from '../documents/gateway-plan.ts';
import type { Instance } from '../upstream/create-pools.ts';
import { NOT_TAKEN, RELAY_HEADER, writeNodeRequest } from './relay-header.ts';

export interface InsideOptions {
  /** Bus gateways inside, `https://host:port`. */
  readonly addresses: readonly string[];
  /** PEM: the certificate that identifies this node, and the authorities that identify the gateways inside. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string };
  readonly clock: Clock;
}

/** The gateways inside, as a gateway in the DMZ uses them. */
export interface Inside {
  /** Returns every gateway once, in rotation. Gateways that recently failed come last. */
  inTurn(): readonly Instance[];
  /**
   * Moves a gateway to the end of the rotation for a while, because it could not be reached, refused a request, or is
   * about to stop. Returns false if it was moved there already.
   */
  avoid(instance: Instance): boolean;
  /**
   * Takes a connection for a call of an interface, and returns the function that releases it. Returns undefined if the
   * calls of that interface, or streamed bodies, have reached their limit.
   */
  take(interfaceId: string, isStream: boolean): (() => void) | undefined;
  /**
   * Returns a plan with a higher number than `than`; undefined if there is none. If no gateway inside responds
   * properly, rejects with FORWARD_INSIDE_DOWN (transient), or with FORWARD_NOT_TAKEN (transient) if the last one
   * refused this node.
   */
  newer(than: number): Promise<GatewayPlan | undefined>;
  close(): Promise<void>;
}

const CONNECTIONS = 512;
/**
 * Maximum number of connections per interface and reachable gateway. If a target does not respond, the calls of its
 * interface keep their connections until the deadline. The limit leaves connections for other interfaces.
 */
const OF_INTERFACE = CONNECTIONS / 2;
/**
 * Maximum number of streamed bodies in this gateway. Slow uploads keep their connections for a long time, so most
 * connections are left to other calls.
 */
const STREAMS = 128;
const CONNECT_TIMEOUT_MS = 1500;
/**
 * How long an idle connection stays open. This is much shorter than on the listener inside, so that a call never uses a
 * connection that is being closed there.
 */
const KEEP_ALIVE_MS = 10_000;
const BODY_IDLE_MS = 30_000;
const PLAN_WITHIN_MS = 10_000;
const AVOID_MS = 5000;

/**
 * Opens keep-alive connections with mutual TLS. Sessions are never resumed, so every connection proves its certificate
 * again.
 */
export function openInside({ addresses, tls, clock }: InsideOptions): Inside {
  const instances = addresses.map((address): Instance => {
    const { origin, host } = new URL(address);
    const pool = new Pool(origin, {
      connections: CONNECTIONS,
      pipelining: 1,
      connect: { ...tls, minVersion: 'TLSv1.2', timeout: CONNECT_TIMEOUT_MS, maxCachedSessions: 0 },
      headersTimeout: 0,
      bodyTimeout: BODY_IDLE_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: 32 * 1024,
    });
    return { origin, host, prefix: '', pool };
  });
  const avoidedUntil = new Map<Instance, number>();
  let turn = 0;
  let streams = 0;
  const taken = new Map<string, number>();

  const isAvoided = (instance: Instance) => (avoidedUntil.get(instance) ?? 0) > clock.monotonic();
  function inTurn(): readonly Instance[] {
    const from = turn++ % instances.length;
    const ordered = [...instances.slice(from), ...instances.slice(0, from)];
    return [...ordered.filter((instance) => !isAvoided(instance)), ...ordered.filter(isAvoided)];
  }

  return {
    inTurn,
    avoid(instance) {
      const now = clock.monotonic();
      const isNew = (avoidedUntil.get(instance) ?? 0) <= now;
      avoidedUntil.set(instance, now + AVOID_MS);
      return isNew;
    },
    take(interfaceId, isStream) {
      const before = taken.get(interfaceId) ?? 0;
      const reachable = instances.filter((instance) => !isAvoided(instance)).length;
      if (before >= OF_INTERFACE * Math.max(1, reachable) || (isStream && streams >= STREAMS)) return undefined;
      taken.set(interfaceId, before + 1);
      if (isStream) streams++;
      return () => {
        const left = taken.get(interfaceId)! - 1;
        if (left > 0) taken.set(interfaceId, left);
        else taken.delete(interfaceId);
        if (isStream) streams--;
      };
    },
    async newer(than) {
      let last: unknown;
      for (const instance of inTurn()) {
        try {
          return await askPlan(instance, than);
        } catch (error) {
          last = error;
        }
      }
      throw last;
    },
    async close() {
      await Promise.all(instances.map(({ pool }) => pool.destroy()));
    },
  };
}

async function askPlan({ origin, pool }: Instance, than: number): Promise<GatewayPlan | undefined> {
  const headers = { [RELAY_HEADER]: writeNodeRequest({ kind: 'plan', newerThan: than }) };
  const {
    statusCode,
    headers: answered,
    body,
  } = await pool.request({ method: 'GET', path: '/', headers, signal: AbortSignal.timeout(PLAN_WITHIN_MS) }).catch((cause: unknown) => {
    throw down(origin, reasonOf(cause));
  });
  if (statusCode === 204) return body.dump().then(() => undefined);
  const plan = (await body.json().catch(() => undefined)) as GatewayPlan | undefined;
  if (statusCode === 200 && plan?.isHandedOut === true) return plan;
  if (answered[RELAY_HEADER] !== NOT_TAKEN) throw down(origin, `HTTP ${statusCode}`);
  throw new AppError('FORWARD_NOT_TAKEN', 'transient', `The gateway inside at ${origin} does not accept calls from this node.`, {
    values: { address: origin },
    fix: 'Put the fingerprint of KQ_FORWARD_CERT_FILE into KQ_FORWARD_NODES of the bus gateways inside.',
  });
}

function down(address: string, reason: string): AppError {
  return new AppError('FORWARD_INSIDE_DOWN', 'transient', `The gateway inside at ${address} returns no plan: ${reason}.`, {
    values: { address, reason },
    fix: 'Check that it is running, that the firewall allows this node, and that its certificate was issued by the CA in KQ_FORWARD_CA_FILE.',
  });
}

function reasonOf(cause: unknown): string {
  const { code, message } = cause as { code?: string; message?: string };
  return code ?? message ?? 'unknown';
}
