/** Reads the response to a call: an envelope, a fault, files beside it, or nothing. */
import type { Effect, NodeContext } from '../../engine/contract/node/node.ts';
import { AppError, type ErrorKind } from '../../engine/contract/values/errors.ts';
import { decodeText } from '../shared/charset/text-charset.ts';
import { statusError } from '../shared/http/check-status.ts';
import { isTextType, parseMediaType } from '../shared/http/media-type.ts';
import type { OutboundResponse } from '../shared/http/exchange.ts';
import type { Parser } from '../shared/parse-worker/create-parser.ts';
import { readSettings } from '../shared/read-settings.ts';
import type { ParseXmlOptions, XmlObject } from '../shared/xml/parse-xml.ts';
import { xmlCharset } from '../shared/xml/xml-charset.ts';
import { keepAttachments } from './attachments/keep-attachments.ts';
import { readMultipart } from './attachments/read-multipart.ts';
import { openEnvelope, withNull } from './envelope.ts';
import { readFault } from './fault.ts';
import { SoapSettings } from './settings.ts';
import { runSignature } from './signature/in-thread.ts';
import { signatureError } from './signature/signature-error.ts';

interface Config {
  readonly bare: boolean;
  readonly oneWay: boolean;
  readonly signedAnswer: boolean;
}

interface Reading {
  readonly xmlOptions: ParseXmlOptions;
  readonly config: Config;
}

type Answer = ReturnType<typeof openEnvelope>;

const MULTIPART = 'multipart/related';

/**
 * Faults come with HTTP 500, 400 or, from careless servers, 200; every other failing status is an error of HTTP. If
 * the answer must be signed, what its signature does not cover is refused: files beside the envelope, and an empty
 * answer.
 */
export async function readAnswer(
  response: OutboundResponse,
  effect: Effect,
  { xmlOptions, config }: Reading,
  parser: Parser,
  ctx: NodeContext<unknown>,
): Promise<{ readonly fault: XmlObject } | { readonly result: unknown }> {
  const isSuccess = response.status >= 200 && response.status < 300;
  if (isSuccess && response.body.byteLength === 0) return readNothing(response.status, effect, config);
  const type = parseMediaType(response.headers['content-type']);
  const mayBeSoap =
    isSuccess || ((response.status === 500 || response.status === 400) && (isTextType(type.name) || type.name === MULTIPART));
  if (!mayBeSoap) throw statusError(response, effect, ctx);
  let answer: Answer;
  let parts: ReturnType<typeof readMultipart>['parts'] = [];
  try {
    const multipart = type.name === MULTIPART ? readMultipart(response.body, response.headers['content-type'] ?? '') : undefined;
    parts = multipart?.parts ?? [];
    const source = multipart?.root.bytes ?? response.body;
    const { charset } = multipart === undefined ? type : parseMediaType(multipart.root.contentType);
    const open = async (xml: Uint8Array, of: string | undefined) =>
      openEnvelope((await parser.parse({ kind: 'xml', source: xml, charset: of, options: xmlOptions }, ctx)) as XmlObject, config.bare);
    answer = await open(source, charset);
    if (config.signedAnswer) {
      if (parts.length > 0) throw signatureError('attachments');
      answer = await open(Buffer.from(await signedPart(source, charset, ctx)), 'UTF-8');
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'SOAP_SIGNATURE') throw answered(error, effect, faultOf(answer));
    if (!isSuccess) throw statusError(response, effect, ctx);
    throw error.code === 'SOAP_ATTACHMENT' || error.kind === 'transient' ? answered(error, effect) : notSoap(effect, error);
  }
  if (answer === undefined || (!isSuccess && 'result' in answer)) throw isSuccess ? notSoap(effect) : statusError(response, effect, ctx);
  if ('fault' in answer) return answer;
  try {
    return { result: withNull(await keepAttachments(answer.result, parts, ctx.blobs)) };
  } catch (error) {
    throw error instanceof AppError ? answered(error, effect) : error;
  }
}

/**
 * An empty response. 202 and 204 always mean that the service accepted the call (WS-I Basic Profile 1.1, R1112), 200
 * only for a one-way operation. Anyone on the way can write it, so it is none where the answer must be signed.
 */
function readNothing(status: number, effect: Effect, { oneWay, signedAnswer }: Config): { readonly result: null } {
  if (signedAnswer) throw answered(signatureError('unsigned'), effect);
  if (status === 202 || status === 204 || (oneWay && status === 200)) return { result: null };
  throw emptyAnswer(effect, status);
}

/** Returns the part of an answer that is signed by the other side, as an envelope. */
async function signedPart(body: Uint8Array, charset: string | undefined, ctx: NodeContext<unknown>): Promise<string> {
  const { signers } = readSettings(ctx.adapter!, SoapSettings);
  if (signers === undefined) throw signatureError('certificate');
  const envelope = decodeText(body, charset ?? xmlCharset(body));
  return runSignature({ kind: 'verify', envelope, trusted: signers, now: ctx.clock.now() }, ctx);
}

/**
 * Returns an error with an answered call in view: the other side may have done a write, so its outcome is unknown.
 * `fault`: the code of a fault that cannot be believed.
 */
function answered(error: AppError, effect: Effect, fault = ''): AppError {
  return new AppError(error.code, isRead(effect) ? error.kind : 'unknown-outcome', error.message, {
    values: { ...error.values, ...(/^[\w.-]{1,100}$/.test(fault) ? { fault } : {}) },
    ...(error.fix === undefined ? {} : { fix: error.fix }),
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    cause: error,
  });
}

function faultOf(answer: Answer): string {
  return answer !== undefined && 'fault' in answer ? readFault(answer.fault).code : '';
}

function emptyAnswer(effect: Effect, status: number): AppError {
  return new AppError('SOAP_ANSWER', kindOf(effect), `The other side returned HTTP ${status} without a SOAP envelope.`, {
    values: { problem: 'empty', status },
    fix: 'Ask the other side what it did. Turn "One-way" on if its WSDL defines no output for the operation.',
  });
}

/**
 * Returns the kind of error for an unusable response. The remote system accepted the request, so a write may have
 * been done.
 */
function kindOf(effect: Effect): ErrorKind {
  return isRead(effect) ? 'input' : 'unknown-outcome';
}

function isRead(effect: Effect): boolean {
  return effect === 'read' || effect === 'pure';
}

function notSoap(effect: Effect, cause?: AppError): AppError {
  return new AppError(
    'SOAP_ANSWER',
    kindOf(effect),
    `The response is not a readable SOAP envelope${cause === undefined ? '' : ` (${cause.code})`}.`,
    {
      ...(cause === undefined ? {} : { values: { cause: cause.code } }),
      cause,
      fix: "Check the adapter's address and charset, and the SOAP version.",
    },
  );
}
