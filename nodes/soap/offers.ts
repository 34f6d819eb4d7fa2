/** What a SOAP service offers, as its own description at `?wsdl` says. */
import { AppError } from '../../engine/contract/errors.ts';
import { createMessage } from '../../engine/contract/message.ts';
import type { Offer, ProbeContext } from '../../engine/contract/node.ts';
import { decodeText } from '../shared/charset/text-charset.ts';
import { createOutboundClient } from '../shared/http/outbound.ts';
import { HttpSettings } from '../shared/http/settings.ts';
import { readSettings } from '../shared/read-settings.ts';
import { parseXml, type XmlObject } from '../shared/xml/parse-xml.ts';
import { xmlCharset } from '../shared/xml/xml-charset.ts';
import { readWsdl } from './read-wsdl.ts';

const MAX_DEPTH = 60;
const FIX = 'Ask the other side for the address of its WSDL, or fill the fields in by hand.';

/** Rejects with WSDL_ABSENT (input) when the service answers with anything but a description of SOAP operations, and with what calling it rejects with. */
export async function readOffers(ctx: ProbeContext): Promise<readonly Offer[]> {
  const basePath = new URL(readSettings(ctx.adapter, HttpSettings).baseUrl).pathname.replace(/\/$/, '');
  const scope = { message: createMessage(null), nodes: {}, now: ctx.clock.now() };
  const { status, body } = await createOutboundClient().send(
    { ...ctx, scope, idempotencyKey: '', beforeFirstByte: () => undefined, secret: (name) => ctx.secret(name) },
    { method: 'GET', path: basePath === '' ? '/?wsdl' : '?wsdl', headers: { accept: 'text/xml, application/wsdl+xml' }, effect: 'read' },
  );
  if (status < 200 || status > 299) throw absent(`HTTP ${status}`);
  const offers = readWsdl(documentOf(body), basePath);
  if (offers.length === 0) throw absent('no SOAP operation');
  return offers;
}

function documentOf(body: Uint8Array): XmlObject {
  try {
    return parseXml(decodeText(body, xmlCharset(body)), { maxDepth: MAX_DEPTH, namespaces: 'keep', arrays: [] });
  } catch (error) {
    if (error instanceof AppError) throw absent(error.code, error);
    throw error;
  }
}

function absent(reason: string, cause?: AppError): AppError {
  return new AppError('WSDL_ABSENT', 'input', `The service does not describe itself at ?wsdl (${reason}).`, {
    values: { reason },
    cause,
    fix: FIX,
  });
}
