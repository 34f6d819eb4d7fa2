/** Reads SOAP faults of versions 1.1 and 1.2 into one form. */
import { AppError } from '../../engine/contract/values/errors.ts';
import type { XmlObject, XmlValue } from '../shared/xml/parse-xml.ts';
import { child } from './envelope.ts';

export interface SoapFault {
  /** Local name of the innermost code, for example `Server`, `Sender` or `FailedAuthentication`. */
  readonly code: string;
  readonly isServerSide: boolean;
  readonly reason: string;
  readonly detail: XmlValue | null;
}

/**
 * Reads a fault of SOAP 1.1 section 4.4 (faultcode, faultstring, detail) or SOAP 1.2 part 1 section 5.4 (Code,
 * Reason, Detail). The version is recognised by the fields.
 */
export function readFault(fault: XmlObject): SoapFault {
  const code12 = child(fault, 'Code');
  if (code12 === undefined) {
    const code = localName(textOf(fault.faultcode));
    return { code, isServerSide: /^Server\b/.test(code), reason: textOf(fault.faultstring), detail: fault.detail ?? null };
  }
  const code = localName(textOf(child(code12, 'Value')));
  const subcode = localName(textOf(child(child(code12, 'Subcode'), 'Value')));
  return {
    code: subcode === '' ? code : subcode,
    isServerSide: code === 'Receiver',
    reason: textOf(child(fault.Reason, 'Text')),
    detail: fault.Detail ?? null,
  };
}

/**
 * Returns the error for a fault. It contains only the code, because reason and detail are the hospital's text and may
 * name a patient.
 */
export function faultError(fault: SoapFault, serverFault: 'refused' | 'unknown'): AppError {
  const kind = fault.isServerSide && serverFault === 'unknown' ? 'unknown-outcome' : 'input';
  const code = /^[\w.-]{1,100}$/.test(fault.code) ? fault.code : 'unnamed';
  return new AppError('SOAP_FAULT', kind, `The other side returned a fault (${code}).`, {
    values: { fault: code },
    fix: 'Let faults leave through their own port to see reason and detail.',
  });
}

function textOf(value: XmlValue | undefined): string {
  if (typeof value === 'string') return value.trim();
  if (Array.isArray(value)) return textOf((value as readonly XmlValue[])[0]);
  const text = child(value, '#text');
  return typeof text === 'string' ? text.trim() : '';
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
