/**
 * Opens what every process needs: settings, data folder, log, metrics, cryptography that passed its self-test,
 * certificates.
 */
import { readFile } from 'node:fs/promises';
import { hkdfSync } from 'node:crypto';
import { join } from 'node:path';
import type { Front } from '../../engine/contract/access/access.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger, Metrics } from '../../engine/contract/values/observe.ts';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import { openDataFolder, type DataFolder } from '../../engine/host/data-folder.ts';
import { loadDevCertificates } from '../../engine/host/dev-certificates.ts';
import { createLogger } from '../../engine/host/logger.ts';
import { openMachine, type Machine } from '../../engine/host/machine.ts';
import { createMetrics, type HostMetrics } from '../../engine/host/metrics.ts';
import type { OtlpTracer } from '../../engine/host/otlp-tracer.ts';
import { describeProcessSettings, readProcessSettings, type SettingDescription, type Settings } from '../../engine/host/settings.ts';
import { systemClock } from '../../engine/host/system-clock.ts';
import type { ForwardNode, GatewaySettings } from '../../gateways/settings.ts';
import { loadNodeKey } from '../../engine/seal/load-node-key.ts';
import { createNodeSeal } from '../../gateways/plan/create-node-seal.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { readGiven, type StorageOptions, type StoreSecrets } from '../../storage/open-storage.ts';
import { readVersion } from '../shared/version.ts';
import type { SettingOverrides } from './root-options.ts';

export interface Host {
  readonly settings: Settings;
  /**
   * Secrets that a person entered when the store was moved to the present one. The secret files in the settings belong
   * to the previous store.
   */
  readonly storeSecrets: StoreSecrets | undefined;
  /** The settings as they are shown to people. */
  readonly describedSettings: readonly SettingDescription[];
  readonly machine: Machine;
  readonly folder: DataFolder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: HostMetrics;
  /** Absent if no collector is configured; then no spans are created. */
  readonly tracer: OtlpTracer | undefined;
  readonly crypto: Crypto;
  readonly tls: { readonly cert: string; readonly key: string; readonly ca?: string };
  /** PEM of a private authority that server certificates may chain to (KQ_SERVER_CA_FILE). */
  readonly serverCa: string | undefined;
  /** File of the authority for `curl --cacert`; absent with custom certificates. */
  readonly caFile: string | undefined;
}

export async function openHost(overrides: SettingOverrides, storeSecrets?: StoreSecrets): Promise<Host> {
  const settings = readProcessSettings(overrides);
  const log = createLogger({ level: settings.logLevel as 'info', format: settings.logFormat });
  const crypto = createSoftwareCrypto();
  crypto.selfTest();
  const folder = await openDataFolder(settings.dataFolder);
  const metrics = createMetrics();
  const serverCa = storeSecrets?.ca ?? (settings.serverCaFile === undefined ? undefined : await readGiven(settings.serverCaFile));
  return {
    settings,
    storeSecrets: storeSecrets === undefined ? undefined : { ...storeSecrets, ca: serverCa },
    describedSettings: describeProcessSettings(settings, overrides),
    machine: openMachine(settings.dataFolder),
    folder,
    clock: systemClock,
    log,
    metrics,
    tracer: await openTracer(settings, serverCa, metrics),
    crypto,
    serverCa,
    ...(await certificates(settings, folder)),
  };
}

/** Opens the tracer if a collector is configured. Its module is loaded only then. */
async function openTracer(
  { otlpAddress, traceRatio }: Settings,
  serverCa: string | undefined,
  metrics: Metrics,
): Promise<OtlpTracer | undefined> {
  if (otlpAddress === undefined) return undefined;
  const { createOtlpTracer } = await import('../../engine/host/otlp-tracer.ts');
  return createOtlpTracer({
    address: otlpAddress,
    ratio: traceRatio,
    version: readVersion(),
    ...(serverCa === undefined ? {} : { ca: serverCa }),
    metrics,
  });
}

async function certificates(settings: Settings, folder: DataFolder): Promise<Pick<Host, 'tls' | 'caFile'>> {
  const { tlsCertFile, tlsKeyFile, tlsCaFile } = settings;
  const ca = tlsCaFile === undefined ? {} : { ca: await readGiven(tlsCaFile) };
  if (tlsCertFile !== undefined && tlsKeyFile !== undefined) {
    const [cert, key] = await Promise.all([readGiven(tlsCertFile), readGiven(tlsKeyFile)]);
    return { tls: { cert, key, ...ca }, caFile: undefined };
  }
  const made = await loadDevCertificates(folder.tls, systemClock.now());
  return { tls: { cert: made.cert, key: made.key, ...ca }, caFile: made.caFile };
}

/** Part of the drain time that is reserved for the parts that close after the gateways. */
const CLOSING_MS = 1_000;

export function gatewaySettings({ settings, tls }: Host, front: Front): GatewaySettings {
  const { bindHost, trustedProxies, maxConnections, maxConnectionsPerIp, maxRequestsPerIp, maxRequestsPerApp } = settings;
  const { bodyBudgetBytes, cacheBytes } = settings;
  const drainMs = Math.max(CLOSING_MS, settings.drainMs - CLOSING_MS);
  const port = { open: settings.openPort, user: settings.userPort, bus: settings.busPort }[front];
  const forwardNodes = settings.forwardNodes.map(readForwardNode);
  return {
    host: bindHost,
    port,
    tls,
    trustedProxies,
    forwardNodes,
    ...(settings.gatewayDomains.length > 0 && { domains: settings.gatewayDomains }),
    ...(settings.gatewayZone !== undefined && { zone: settings.gatewayZone }),
    limits: { maxConnections, maxConnectionsPerIp, maxRequestsPerIp, maxRequestsPerApp, bodyBudgetBytes, cacheBytes, drainMs },
  };
}

/** Parses `front:domain+domain@fingerprint`, as in the pattern of the setting. */
function readForwardNode(text: string): ForwardNode {
  const [colon, at] = [text.indexOf(':'), text.lastIndexOf('@')];
  return {
    front: text.slice(0, colon) as ForwardNode['front'],
    domains: text.slice(colon + 1, at).split('+'),
    fingerprint: text
      .slice(at + 1)
      .replaceAll(':', '')
      .toLowerCase(),
  };
}

export function storageSettings(settings: Settings): Omit<StorageOptions, 'clock' | 'logger'> {
  const { storeAddress, storePasswordFile, sharedAddress, sharedPasswordFile, serverCaFile, kekFile } = settings;
  return {
    address: storeAddress,
    kekFile,
    ...(storePasswordFile === undefined ? {} : { passwordFile: storePasswordFile }),
    ...(sharedAddress === undefined ? {} : { sharedAddress }),
    ...(sharedPasswordFile === undefined ? {} : { sharedPasswordFile }),
    ...(serverCaFile === undefined ? {} : { caFile: serverCaFile }),
  };
}

/** Returns the ports on which the platform listens on this machine, as this process knows them. */
export function ownPorts({ openPort, userPort, busPort, controlPort, statusPort }: Settings): readonly number[] {
  return [openPort, userPort, busPort, controlPort, ...(statusPort === undefined ? [] : [statusPort])];
}

/**
 * Returns the options of the plan file of this machine's gateways. The key that encrypts the file is stored beside the
 * key-encryption key, never in the data folder.
 */
export async function planFileOptions({ settings, folder, crypto, clock, log }: Host) {
  const seal = createNodeSeal(await loadNodeKey(`${settings.kekFile}.node`));
  return { path: join(folder.plans, 'plan'), seal, crypto, clock, log };
}

/** Derives a key for one purpose from the key-encryption key; it is never stored (RFC 5869, HKDF with SM3). */
export async function deriveKey(kekFile: string, purpose: string): Promise<Uint8Array> {
  return new Uint8Array(hkdfSync('sm3', await readFile(kekFile), '', `kangqiao ${purpose}`, 32));
}
