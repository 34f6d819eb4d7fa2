import type { Clock } from '../../engine/contract/values/clock.ts';
import type { LogFields, Logger } from '../../engine/contract/values/observe.ts';
import { createThrottledWarning } from '../../engine/contract/values/throttled-warning.ts';

/** Maximum number of pairs of instance and cause that have a throttle of their own. */
const MOST_WARNINGS = 1000;

const KIND_OF_CAUSE: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'port-closed'],
  ['ENOTFOUND', 'host-unknown'],
  ['EHOSTUNREACH', 'no-route'],
  ['ENETUNREACH', 'no-route'],
  ['ETIMEDOUT', 'no-route'],
  ['UND_ERR_CONNECT_TIMEOUT', 'no-route'],
  ['OUTBOUND_REFUSED', 'address-refused'],
  ['head-timeout', 'no-response'],
  ['body-timeout', 'no-response'],
  ['connect-timeout', 'no-route'],
  ['UND_ERR_BODY_TIMEOUT', 'no-response'],
  ['UND_ERR_SOCKET', 'closed-early'],
  ['ECONNRESET', 'closed-early'],
  ['EPIPE', 'closed-early'],
  ['EPROTO', 'tls-failed'],
]);

/** Returns the code of an error of a connection. Its message is not used, because it may contain data of the service. */
export function causeOf(error: Error & { readonly code?: unknown }): string {
  return typeof error.code === 'string' && /^[A-Z0-9_]{1,60}$/.test(error.code) ? error.code : 'UNKNOWN';
}

/** Returns what a cause means, by a name that the console has words for, and the cause itself. */
export function describeFailure(cause: string, isCutOff: boolean): string {
  return `${isCutOff ? 'cut-off' : (KIND_OF_CAUSE.get(cause) ?? kindByName(cause))} ${cause}`;
}

function kindByName(cause: string): string {
  if (/CERT|SIGNATURE|_CRL_|ALTNAME/.test(cause)) return 'certificate-refused';
  if (cause.startsWith('ERR_SSL_') || cause.startsWith('ERR_TLS_')) return 'tls-failed';
  if (cause.startsWith('EAI_')) return 'host-unknown';
  return cause.startsWith('HPE_') ? 'not-http' : 'service-failed';
}

/** Creates a function that logs failed attempts. Each instance and cause has its own throttle. */
export function createFailureWarning(logger: Logger, clock: Clock): (instance: string, cause: string, fields: LogFields) => void {
  const warnings = new Map<string, (fields: LogFields) => void>();
  return (instance, cause, fields) => {
    const key = `${instance} ${cause}`;
    let warn = warnings.get(key);
    if (warn === undefined) {
      if (warnings.size >= MOST_WARNINGS) warnings.clear();
      warnings.set(key, (warn = createThrottledWarning(logger, clock, 'gateway.upstream-failed')));
    }
    warn({ ...fields, instance, cause });
  };
}
