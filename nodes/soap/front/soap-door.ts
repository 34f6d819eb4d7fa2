/** Turns SOAP requests into messages of a flow, and its replies into SOAP responses. */
import type { CallDoor, CallDoorContext, OpenedCall } from '../../../engine/contract/node/call-door.ts';
import type { Reply } from '../../../engine/contract/node/node.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { isRecord } from '../../../engine/contract/values/is-record.ts';
import { createMessage, type Message, withData } from '../../../engine/contract/values/message.ts';
import {
  SOAP_ENVELOPES,
  soapFaultStatus,
  soapMediaType,
  type SoapFaultSide,
  type SoapVersion,
  writeSoapFault,
} from '../../../engine/contract/soap/soap-fault.ts';
import { encodeText } from '../../shared/charset/text-charset.ts';
import { parseMediaType } from '../../shared/http/media-type.ts';
import { createParser } from '../../shared/parse-worker/create-parser.ts';
import type { XmlObject } from '../../shared/xml/parse-xml.ts';
import { XSI } from '../../shared/xml/nil.ts';
import { serialiseXml } from '../../shared/xml/serialise-xml.ts';
import { xmlCharset } from '../../shared/xml/xml-charset.ts';
import { fromXml, inOrder } from './by-schema.ts';
import { openRequest, type OpenedRequest } from './open-request.ts';
import type { Service, ServiceOperation } from './service.ts';
import { writeWsdl } from './write-wsdl.ts';

const MAX_DEPTH = 200;
const WRITTEN = { maxDepth: MAX_DEPTH, declaredPrefixes: true };

type Request = Exclude<OpenedRequest, { readonly problem: unknown }>;

export function createSoapDoor(service: Service): CallDoor {
  const parser = createParser();
  const wsdl = writeWsdl(service);
  const operations = new Map(service.operations.map((operation) => [operation.name, operation]));
  return {
    async open(message, ctx) {
      const { body, query } = message.data as { readonly body: unknown; readonly query: Readonly<Record<string, string>> };
      if (body === null && Object.keys(query).some((name) => name.toLowerCase() === 'wsdl'))
        return { answer: plain(200, 'text/xml; charset=utf-8', wsdl) };
      if (!(body instanceof Uint8Array)) throw refuse('empty', 'The request has no SOAP envelope.');
      const charset = parseMediaType(message.headers['content-type']).charset ?? xmlCharset(body);
      const request = openRequest(await parse(parser, body, charset, ctx));
      if ('problem' in request) {
        if (request.problem !== 'version') throw refuse(request.problem, PROBLEMS[request.problem]);
        return { answer: fault('1.1', 'version', 'SOAP_REQUEST', 'The envelope is neither of SOAP 1.1 nor of SOAP 1.2.') };
      }
      return openCall(service, operations, message, request, charset);
    },
    checkReply({ data }, reply) {
      const { operation, version } = data as { readonly operation: string; readonly version: SoapVersion };
      const described = operations.get(operation);
      if (described !== undefined) answerTo(reply, described, service.namespace, version, 'UTF-8');
    },
  };
}

async function parse(
  parser: ReturnType<typeof createParser>,
  source: Uint8Array,
  charset: string,
  ctx: CallDoorContext,
): Promise<XmlObject> {
  const options = { maxDepth: MAX_DEPTH, namespaces: 'keep' as const, arrays: [] };
  return (await parser.parse({ kind: 'xml', source, charset, options }, ctx)) as XmlObject;
}

function openCall(
  { understood, namespace }: Service,
  operations: ReadonlyMap<string, ServiceOperation>,
  message: Message,
  request: Request,
  charset: string,
): OpenedCall {
  const { version, parameters, header, mandatory } = request;
  const unknown = mandatory.find((name) => !understood.includes(name));
  if (unknown !== undefined)
    return { answer: fault(version, 'must-understand', 'SOAP_HEADER', 'A header that must be understood is not understood.') };
  const operation = operations.get(request.operation);
  if (operation === undefined || (request.namespace !== namespace && request.namespace !== ''))
    throw refuse('operation', 'The service has no such operation.');
  const data = {
    ...(message.data as object),
    body: fromXml(parameters, { type: 'object', ...operation.request }),
    operation: operation.name,
    header,
    version,
  };
  return {
    message: withData(message, data, 'application/json'),
    answerTo: (reply) => answerTo(reply, operation, namespace, version, charset),
    accepted: { status: 202, headers: {}, message: createMessage(undefined) },
  };
}

function answerTo(reply: Reply, operation: ServiceOperation, namespace: string, version: SoapVersion, charset: string): Reply {
  const { status, message } = reply;
  if (status >= 400) return ownFault(reply, version);
  if (operation.oneWay) return { status: 202, headers: reply.headers, message: createMessage(undefined) };
  const content = inOrder(message.data ?? {}, operation.response);
  if (!isRecord(content) || content instanceof Uint8Array)
    throw new AppError('SOAP_REPLY', 'bug', 'The reply of the flow is not an object.', {
      fix: 'Reply with an object with one field per element.',
    });
  const element = { '@xmlns': namespace, ...content };
  const document = {
    'soap:Envelope': { '@xmlns:soap': SOAP_ENVELOPES[version], '@xmlns:xsi': XSI, 'soap:Body': { [`${operation.name}Response`]: element } },
  };
  const { bytes, charset: used } = encoded(document, charset);
  const contentType = version === '1.1' ? 'text/xml' : 'application/soap+xml';
  return { status: 200, headers: reply.headers, message: createMessage(bytes, { mediaType: `${contentType}; charset=${used}` }) };
}

/** Writes the answer in the charset of the request, or in UTF-8 if that lacks a character. */
function encoded(document: unknown, charset: string): { readonly bytes: Uint8Array; readonly charset: string } {
  try {
    return { bytes: encodeText(serialiseXml(document, { ...WRITTEN, charset }), charset), charset };
  } catch (error) {
    if (!(error instanceof AppError) || !error.code.startsWith('CHARSET_')) throw error;
    return { bytes: Buffer.from(serialiseXml(document, { ...WRITTEN, charset: 'UTF-8' })), charset: 'UTF-8' };
  }
}

/** A reply with a failing status is a fault of the flow: `{ code, reason, detail }`, as `soap.call` emits faults. */
function ownFault({ status, message }: Reply, version: SoapVersion): Reply {
  const { code, reason, detail } = (isRecord(message.data) ? message.data : {}) as Readonly<Record<string, unknown>>;
  const more = isRecord(detail)
    ? Object.entries(detail).map(([name, value]) => serialiseXml({ [name]: value }, { maxDepth: MAX_DEPTH }))
    : [];
  const ascii = more.join('').replace(/[^\x00-\x7f]/gu, (character) => `&#${character.codePointAt(0)};`);
  return fault(
    version,
    status < 500 ? 'client' : 'server',
    typeof code === 'string' ? code : 'FLOW',
    typeof reason === 'string' ? reason : '',
    ascii,
  );
}

function fault(version: SoapVersion, side: SoapFaultSide, code: string, reason: string, detail = ''): Reply {
  const text = writeSoapFault({ version, side, language: /[\u3400-\u9fff]/.test(reason) ? 'zh-CN' : 'en', reason, code, detail });
  return plain(soapFaultStatus(version, side), `${soapMediaType(version)}; charset=utf-8`, text);
}

function plain(status: number, mediaType: string, text: string): Reply {
  return { status, headers: {}, message: createMessage(Buffer.from(text), { mediaType }) };
}

const PROBLEMS = {
  envelope: 'The request has no SOAP envelope.',
  body: 'The body of the envelope has no element.',
} as const;

function refuse(problem: string, message: string): AppError {
  return new AppError('SOAP_REQUEST', 'input', message, {
    values: { problem },
    fix: 'Send the request as the WSDL of the service (?wsdl) defines it.',
  });
}
