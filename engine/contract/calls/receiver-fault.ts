import type { ErrorRecord } from '../values/errors.ts';

/** Codes of faults of an adapter: its address, its settings, or a credential that the other system refuses. */
export const ADAPTER_FAULTS =
  /^(?:ADAPTER|OUTBOUND|SECRET)_|^OAUTH_TOKEN_|[A-Z]_(?:LOGIN_REFUSED|LOGIN_FAILED|TLS_REQUIRED)$|^(?:CRYPTO_KEY_INVALID|FILE_HOST_KEY|HTTP_CERTIFICATE_REFUSED|HTTP_PRIVATE_KEY|MAIL_NO_SERVER|MESSAGING_CREDENTIAL)$/;

/** `CODE/problem` of errors of a call that the data of the message can cause, or for which the other system refuses it. */
const OF_DATA = new RegExp(
  [
    '^(?:CHECK|CODE|CRYPTO|EXPRESSION|HL7|MAP|MAPPING|SCRIPT|XML)_',
    '^(?:BLOB_UNKNOWN|CHARSET_UNENCODABLE|MLLP_(?:NO_CONTROL_ID|REFUSED)|SOAP_(?:BODY|FAULT|HEADER))/',
    '^(?:HTTP_(?:BODY_WRONG|REFUSED|VALUE_REFUSED)|FHIR_(?:CHECK_FAILED|REFUSED|RESOURCE_WRONG))/',
    '^(?:DATABASE_(?:CONSTRAINT|PARAMETER|ROWS|ROW_DIFFERS)|MESSAGING_(?:TOO_LARGE|VALUE))/',
    '^(?:FILE_(?:EXISTS|MISSING|NO_CONTENT|PATH_WRONG)|MAIL_(?:ADDRESS|ATTACHMENT|NO_RECIPIENT|REFUSED|SEND_TOO_LARGE|TEXT))/',
    '^(?:DATABASE_STATEMENT_REFUSED/(?:too-long|form|range|charset|division|own)?|HTTP_PAGE_WRONG/body|SOAP_ATTACHMENT/size)$',
  ].join('|'),
);

/**
 * Returns whether the sender of a message can correct nothing: its flow, an adapter or the other system is at fault. The
 * sender must not learn the names of systems inside. What the author of a flow wrote is none of these.
 */
export function isReceiverFault({ code, text, fault }: ErrorRecord): boolean {
  return text === undefined && (fault === 'receiver' || ADAPTER_FAULTS.test(code) || code.startsWith('SUBFLOW_'));
}

/** Marks an error of a node that calls another system, unless the data of the message can have caused it. */
export function markReceiverFault(error: ErrorRecord): ErrorRecord {
  const { code, kind, text, values } = error;
  const isOfData = OF_DATA.test(`${code}/${values?.['problem'] ?? ''}`) && !ADAPTER_FAULTS.test(code);
  return kind !== 'input' || text !== undefined || isOfData ? error : { ...error, fault: 'receiver' };
}
