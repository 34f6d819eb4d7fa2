import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError, toErrorRecord, type ErrorRecord } from '../../engine/contract/values/errors.ts';
import { ADAPTER_FAULTS, isReceiverFault } from '../../engine/contract/calls/receiver-fault.ts';
import { errorText } from '../../engine/contract/error-texts/error-texts.ts';
import { createMessage, type Message } from '../../engine/contract/values/message.ts';
import type { Tracer } from '../../engine/contract/values/observe.ts';
import type { FlowCall, FlowResult, RunFlow } from '../../engine/contract/node/run-flow.ts';
import type { Answer, Exchange, GatewayError } from '../contract.ts';
import type { JsonReader, JsonResult } from '../json-reading.ts';
import { QUERY_MALFORMED, refuse, refuseDone, refuseJson, refuseUnknown } from '../errors.ts';
import type { RunCall } from '../pipeline/compile-interface.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import { callerOf } from '../shared/caller-of.ts';
import { decodeQuery } from '../shared/decode-query.ts';
import { beginSpan } from '../shared/trace-exchange.ts';
import { callerAdvice } from './caller-advice.ts';
import { toFlowAnswer } from './to-flow-answer.ts';

/**
 * A flow that respects its deadline replies at most this long after it. A flow that does not reply by then is
 * abandoned, and its outcome is unknown.
 */
const GRACE_MS = 250;

export interface FlowCallDeps {
  readonly runFlow: RunFlow;
  readonly clock: Clock;
  readonly tracer?: Tracer | undefined;
  readonly json: Pick<JsonReader, 'read'>;
}

/**
 * Creates the call stage of an interface whose target is a flow. The data of the flow's message is always `{ body,
 * query, params, user? }`. `body` is the parsed JSON, otherwise text or bytes; it is `null` when there is none. `query`
 * and `params` are strings; `user` contains the claims of the user's token. The message has the headers that the front
 * lets through.
 */
export function createFlowCall(flowId: string, deps: FlowCallDeps): RunCall {
  return (exchange) => {
    const message = toMessage(exchange, flowId, deps);
    return message instanceof Promise
      ? message.then((late) => callWith(late, flowId, exchange, deps))
      : callWith(message, flowId, exchange, deps);
  };
}

function callWith(message: Message | GatewayError, flowId: string, exchange: Exchange, deps: FlowCallDeps): void | Promise<void> {
  if (!('code' in message)) return answerInTime(toCall(message, flowId, exchange, deps.tracer), exchange, deps);
  exchange.error = message;
}

function toCall(message: Message, flowId: string, exchange: Exchange, tracer: Tracer | undefined): FlowCall {
  return {
    flowId,
    caller: callerOf(exchange),
    message,
    request: { method: exchange.method, rawQuery: exchange.rawQuery },
    traceId: exchange.traceId,
    traceparent: tracer === undefined ? undefined : beginSpan(exchange, tracer)?.traceparent,
    deadlineMs: exchange.deadlineMs,
    onLeave: (action) => exchange.onLeave(action),
  };
}

/**
 * Calls the flow with a time limit. One promise serves both the flow and the timer, because this code runs for every
 * request.
 */
function answerInTime(call: FlowCall, exchange: Exchange, { runFlow, clock }: FlowCallDeps): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const end = (finish: () => void) => {
      if (isOver) return;
      isOver = true;
      cancelTimer();
      finish();
    };
    const take = (outcome: Answer | GatewayError) =>
      end(() => {
        if ('code' in outcome) exchange.error = outcome;
        else exchange.answer = outcome;
        resolve();
      });
    // If the flow could not be accepted, because the store is down or full, the caller gets an error as for any other
    // failure.
    const fail = (thrown: unknown) =>
      thrown instanceof AppError ? take(toFailure(toErrorRecord(thrown), exchange)) : end(() => reject(thrown as Error));
    const giveUp = () => take(exchange.method === 'GET' ? refuse('GW50401') : refuseUnknown(exchange));
    const cancelTimer = clock.after(Math.max(0, call.deadlineMs + GRACE_MS - clock.now()), giveUp);
    try {
      runFlow
        .call(call)
        .then((result) => take(toOutcome(result, exchange, clock.now())))
        .catch(fail);
    } catch (thrown) {
      fail(thrown);
    }
  });
}

function toMessage(
  exchange: Exchange,
  flowId: string,
  { json, runFlow }: FlowCallDeps,
): Message | GatewayError | Promise<Message | GatewayError> {
  const query = decodeQuery(exchange.rawQuery) ?? (runFlow.readsQuery?.(flowId) === true ? {} : undefined);
  if (query === undefined) return QUERY_MALFORMED;
  const body = readBody(exchange, json);
  return body instanceof Promise ? body.then((late) => withBody(exchange, query, late)) : withBody(exchange, query, body);
}

function withBody(exchange: Exchange, query: Readonly<Record<string, string>>, body: JsonResult): Message | GatewayError {
  if ('problem' in body) return refuseJson(body);
  const { params, user, headers } = exchange;
  const data = { body: body.value, query: { ...query }, params: { ...params } };
  return createMessage(user === undefined ? data : { ...data, user }, { headers });
}

function readBody(exchange: Exchange, reader: FlowCallDeps['json']): JsonResult | Promise<JsonResult> {
  const { body, json } = exchange;
  if (body === undefined || body.byteLength === 0) return { value: null };
  if (json !== undefined) return { value: json };
  const mediaType = (exchange.headers['content-type'] ?? exchange.incoming.get('content-type') ?? 'application/json')
    .split(';', 1)[0]!
    .trim()
    .toLowerCase();
  if (mediaType === 'application/json' || mediaType.endsWith('+json')) return reader.read(body, exchange);
  // Only plain text is decoded here. XML and HL7 v2 name their charset inside the document, so the nodes that read them
  // decode them.
  if (mediaType !== 'text/plain') return { value: body };
  try {
    return { value: new TextDecoder('utf-8', { fatal: true }).decode(body) };
  } catch {
    return { problem: 'the text is not valid UTF-8' };
  }
}

function toOutcome(result: FlowResult, exchange: Exchange, now: number): Answer | GatewayError {
  switch (result.outcome) {
    case 'replied':
      return toFlowAnswer(result.reply, result.repeated);
    case 'accepted':
      return {
        status: 202,
        headers: { 'content-type': 'application/json; charset=utf-8', ...(result.repeated ? REPEATED : {}) },
        body: Buffer.from(JSON.stringify({ executionId: result.executionId, acceptedAt: now })),
      };
    case 'running':
      return refuse('GW40901', { retryAfterSec: 1 });
    case 'unknown':
      return refuseUnknown(exchange);
    case 'done':
      return refuseDone(exchange, result.isSettled);
    case 'key-reused':
      return refuse('GW42202');
    case 'reply-unusable':
      exchange.note({ policy: 'call', where: result.executionId, what: `reply-unusable ${result.error.code}` });
      return toReplyFailure(result.error);
    case 'failed':
      return toFailure(result.error, exchange);
  }
}

const REPEATED = { 'x-kq-idempotent-replay': 'true' };

/**
 * Converts an error of a flow. Callers only see what they can act on: the text of an input error, never the details of
 * a failure.
 */
function toFailure(error: ErrorRecord, exchange: Exchange): GatewayError {
  const refusal = byKind(error, exchange);
  return error.status === undefined ? refusal : { ...refusal, status: error.status };
}

/** Only a change of the flow helps, so the caller gets the code and the reason to pass on. Texts of other kinds may name data. */
function toReplyFailure(error: ErrorRecord): GatewayError {
  const { code, kind } = error;
  const reason = kind === 'bug' ? { 'zh-CN': errorText(error, 'zh-CN').what, en: error.message } : undefined;
  return refuse('GW50001', {
    cause: code,
    text: {
      'zh-CN': `流程已执行，但其回复不能返回（${code}）${reason === undefined ? '' : `：${reason['zh-CN']}`}。请把 traceId 告诉接口的提供方。`,
      en: `The flow has run, but its reply cannot be returned (${code})${reason === undefined ? '.' : `: ${reason.en}`} Give the traceId to the provider of the interface.`,
    },
  });
}

/**
 * Returns the text of an error in both languages, with its advice if it has any. An author's own message for callers
 * gets no advice.
 */
function inBothLanguages(error: ErrorRecord): Text {
  const { code, message, fix: advice } = error;
  const { what, fix, original } = errorText(error, 'zh-CN');
  const own = callerAdvice(code);
  const chinese = fix === undefined ? undefined : (own?.['zh-CN'] ?? fix);
  const english = advice === undefined ? undefined : (own?.en ?? advice);
  return {
    'zh-CN': [`${what}${chinese === undefined && original === undefined ? '' : '。'}`, chinese, original].filter(Boolean).join(''),
    en: [message, english].filter(Boolean).join(' '),
  };
}

function byKind(error: ErrorRecord, exchange: Exchange): GatewayError {
  switch (error.kind) {
    case 'input': {
      if (isReceiverFault(error)) return toReceiverFault(error);
      const told = inBothLanguages(error);
      const issues = error.issues?.map((issue) => ({ path: issue.path, message: issue.message })) ?? [];
      return refuse('GW42203', {
        cause: error.code,
        text: { 'zh-CN': `流程拒绝了该请求（${error.code}）：${told['zh-CN']}`, en: `${error.code}: ${told.en}` },
        ...(issues.length === 0 ? {} : { issues }),
      });
    }
    case 'transient':
      return toTransient(error, exchange);
    case 'unknown-outcome':
      return refuseUnknown(exchange);
    case 'bug':
      return refuse('GW50001');
  }
}

/** Areas of codes whose texts name no system, table or queue inside. */
const TELL_NO_NAMES = /^(?:CHARSET|FHIR|HTTP|JSON|SOAP)_/;

/** Operators learn which system it was from the execution and the log. */
function toReceiverFault(error: ErrorRecord): GatewayError {
  const { code: cause, message } = error;
  if (ADAPTER_FAULTS.test(cause))
    return refuse('GW50201', {
      cause,
      text: {
        'zh-CN': `平台未能连接或登录接口背后的系统（${cause}），该系统没有办理。请把 traceId 告诉接口的提供方。`,
        en: `The platform could not log in or connect to a system behind the interface (${cause}); nothing was done there. Give the traceId to the provider of the interface.`,
      },
    });
  const isTold = TELL_NO_NAMES.test(cause);
  return refuse('GW50201', {
    cause,
    text: {
      'zh-CN': `接口背后的流程或系统有问题，请求内容无误（${cause}）${isTold ? `：${errorText(error, 'zh-CN').what}` : ''}。请把 traceId 告诉接口的提供方。`,
      en: `The flow or a system behind the interface is at fault, not the request (${cause})${isTold ? `: ${message}` : '.'} Give the traceId to the provider of the interface.`,
    },
  });
}

/**
 * A flow that fails after a write ends as `done` or `unknown` instead, unless its own end decided otherwise, or the write
 * is idempotent and the caller has a key with which it may be repeated.
 */
function toTransient(error: ErrorRecord, { incoming }: Exchange): GatewayError {
  const { code: cause, retryAfterMs = 1000, text: own, status, values } = error;
  const retryAfterSec = Math.max(1, Math.ceil(retryAfterMs / 1000));
  if (/^(?:STORE|SHARED_STATE)_/.test(cause)) return refuse('GW50303', { retryAfterSec });
  const isLate = cause.includes('TIMEOUT') || cause.includes('DEADLINE');
  const advice = incoming.has('idempotency-key') ? REPEAT_WITH_KEY : values?.['problem'] === 'given-up' ? CHECK_FIRST : REPEAT;
  const isOfAuthor = own !== undefined && status !== undefined;
  return refuse(isLate ? 'GW50401' : 'GW50201', {
    retryAfterSec,
    cause,
    text: isOfAuthor
      ? own
      : {
          'zh-CN': `接口背后的流程或系统${isLate ? '没有及时响应' : '暂时不可用或繁忙'}（${cause}）；${advice['zh-CN']}`,
          en: `The flow or a system behind the interface ${isLate ? 'did not respond in time' : 'is not available or is busy'} (${cause}); ${advice.en}`,
        },
  });
}

/** An idempotent write may have been done. Sent again without the caller's key, it would carry another key. */
const CHECK_FIRST: Text = {
  'zh-CN': '请求可能已经办理，请先核实再重新发送；以后请带 Idempotency-Key 发送',
  en: 'the request may have been done, so check before it is sent again; send such requests with an Idempotency-Key.',
};
const REPEAT: Text = { 'zh-CN': '请求没有办理，可稍后重新发送', en: 'nothing was done, so send the request again later.' };
const REPEAT_WITH_KEY: Text = {
  'zh-CN': '可稍后用相同的 Idempotency-Key 重新发送，不会重复办理',
  en: 'send the request again later with the same Idempotency-Key: nothing is done twice.',
};
