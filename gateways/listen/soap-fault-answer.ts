/** Errors as SOAP faults, for callers that sent a SOAP request. */
import { SOAP_ENVELOPES, soapFaultStatus, soapMediaType, writeSoapFault, type SoapVersion } from '../../engine/contract/soap/soap-fault.ts';
import type { Exchange, GatewayError } from '../contract.ts';
import type { ErrorBody } from './error-body.ts';

/** Statuses that HTTP clients and proxies act upon. They stay; every other error has the status that SOAP demands. */
const OF_HTTP: ReadonlySet<number> = new Set([401, 403, 404, 405, 413, 415, 429, 501, 503]);

/** The first tag of a document, if it is that of an envelope, with its attributes. */
const ENVELOPE = /^[^<]*(?:<[?!][^>]*>[^<]*)*<(?:[^\s<>:]+:)?Envelope\s([^>]*)/;
/** Maximum number of bytes in which the first tag is looked for. */
const HEAD_BYTES = 4096;

/**
 * Returns the version of SOAP of the request. Some clients of SOAP 1.1 leave out the header SOAPAction, so text/xml is
 * SOAP too if its body was read and is an envelope.
 */
export function soapVersionOf({ incoming, body }: Pick<Exchange, 'incoming' | 'body'>): SoapVersion | undefined {
  const type = incoming.get('content-type');
  if (type === undefined) return undefined;
  const name = type.split(';', 1)[0]!.trim().toLowerCase();
  if (name === 'application/soap+xml') return '1.2';
  if (name !== 'text/xml') return undefined;
  return (body && versionOfEnvelope(body)) ?? (incoming.has('soapaction') ? '1.1' : undefined);
}

function versionOfEnvelope(body: Uint8Array): SoapVersion | undefined {
  const [, attributes] = ENVELOPE.exec(Buffer.from(body.subarray(0, HEAD_BYTES)).toString('latin1')) ?? [];
  return (Object.keys(SOAP_ENVELOPES) as SoapVersion[]).find((version) => attributes?.includes(SOAP_ENVELOPES[version]));
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
