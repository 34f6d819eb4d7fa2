/** Errors as SOAP faults, for callers that sent a SOAP request. */
import { soapFaultStatus, soapMediaType, writeSoapFault, type SoapVersion } from '../../engine/contract/soap/soap-fault.ts';
import type { Exchange, GatewayError } from '../contract.ts';
import type { ErrorBody } from './error-body.ts';

/** Statuses that HTTP clients and proxies act upon. They stay; every other error has the status that SOAP demands. */
const OF_HTTP: ReadonlySet<number> = new Set([401, 403, 404, 405, 413, 415, 429, 501, 503]);

/** Returns the version of SOAP that the request names by its headers. */
export function soapVersionOf(incoming: Exchange['incoming']): SoapVersion | undefined {
  const type = incoming.get('content-type');
  if (type === undefined) return undefined;
  const name = type.split(';', 1)[0]!.trim().toLowerCase();
  if (name === 'application/soap+xml') return '1.2';
  return name === 'text/xml' && incoming.has('soapaction') ? '1.1' : undefined;
}

export function writeFault(
  version: SoapVersion,
  { traceId }: Exchange,
  { code, status, issues = [] }: GatewayError,
  language: 'zh-CN' | 'en',
  message: string,
): ErrorBody {
  const side = status < 500 ? 'client' : 'server';
  const places = issues.map(({ path, message: problem }) => `${path} ${problem}`).join('; ');
  const reason = places === '' ? message : `${message} (${places})`;
  return {
    status: OF_HTTP.has(status) ? status : soapFaultStatus(version, side),
    mediaType: soapMediaType(version),
    text: writeSoapFault({ version, side, language, reason, code, traceId }),
  };
}
