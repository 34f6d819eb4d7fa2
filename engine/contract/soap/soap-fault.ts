/** Writes SOAP faults: W3C Note SOAP 1.1, section 4.4; SOAP 1.2 part 1, section 5.4. */

export type SoapVersion = '1.1' | '1.2';

export const SOAP_ENVELOPES: Readonly<Record<SoapVersion, string>> = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
};

/** Whose fault it is, or which rule of SOAP the request breaks. */
export type SoapFaultSide = 'client' | 'server' | 'must-understand' | 'version';

const CODES: Readonly<Record<SoapFaultSide, Readonly<Record<SoapVersion, string>>>> = {
  client: { '1.1': 'Client', '1.2': 'Sender' },
  server: { '1.1': 'Server', '1.2': 'Receiver' },
  'must-understand': { '1.1': 'MustUnderstand', '1.2': 'MustUnderstand' },
  version: { '1.1': 'VersionMismatch', '1.2': 'VersionMismatch' },
};

export interface SoapFaultParts {
  readonly version: SoapVersion;
  readonly side: SoapFaultSide;
  readonly language: 'zh-CN' | 'en';
  readonly reason: string;
  /** The platform's code and the id under which it can be found. */
  readonly code: string;
  readonly traceId?: string | undefined;
  /** Further XML of the detail. */
  readonly detail?: string;
}

export const DETAIL_NAMESPACE = 'urn:kangqiao:fault';

/** Returns the envelope. All of it is ASCII, other characters are references, so that every charset can read it. */
export function writeSoapFault({ version, side, language, reason, code, traceId, detail = '' }: SoapFaultParts): string {
  const own =
    `<kq:error xmlns:kq="${DETAIL_NAMESPACE}"><kq:code>${ascii(code)}</kq:code>` +
    `${traceId === undefined ? '' : `<kq:traceId>${ascii(traceId)}</kq:traceId>`}</kq:error>${detail}`;
  const value = `soap:${CODES[side][version]}`;
  const fault =
    version === '1.1'
      ? `<faultcode>${value}</faultcode><faultstring xml:lang="${language}">${ascii(reason)}</faultstring><detail>${own}</detail>`
      : `<soap:Code><soap:Value>${value}</soap:Value></soap:Code><soap:Reason><soap:Text xml:lang="${language}">${ascii(reason)}` +
        `</soap:Text></soap:Reason><soap:Detail>${own}</soap:Detail>`;
  return `<soap:Envelope xmlns:soap="${SOAP_ENVELOPES[version]}"><soap:Body><soap:Fault>${fault}</soap:Fault></soap:Body></soap:Envelope>`;
}

/** The status of a fault: SOAP 1.1 knows 500 only (WS-I Basic Profile 1.1, R1126), 1.2 has 400 for the sender. */
export function soapFaultStatus(version: SoapVersion, side: SoapFaultSide): number {
  return version === '1.2' && side === 'client' ? 400 : 500;
}

export function soapMediaType(version: SoapVersion): string {
  return version === '1.1' ? 'text/xml' : 'application/soap+xml';
}

function ascii(text: string): string {
  return text
    .replace(/[^\t\n\x20-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[^\x00-\x7f]/gu, (character) => `&#${character.codePointAt(0)};`);
}
