import { requirePlainPath, requireQuery } from '../../engine/contract/kq1/kq1.ts';
import type { Answer, Exchange, GatewayError, PolicyResult } from '../contract.ts';
import { ADAPTER_HEADER, TRANSPORT_PATH, transportPathOf } from '../documents/transport-path.ts';
import { refuse } from '../errors.ts';
import { toErrorAnswer, writeAnswer } from '../listen/write-answer.ts';
import type { CompiledFront } from './compile-front.ts';
import type { CompiledInterface } from './compile-interface.ts';
import { runPolicies, type Step } from './run-policies.ts';

/** What a run needs besides the compiled front. */
export interface RunDeps {
  now(): number;
  isClosing(): boolean;
  onBug(error: unknown, exchange: Exchange): void;
}

/**
 * Runs a request: early policies, route, the interface's policies, the call, the response policies, the response, the
 * log. There is one place where all errors are handled, and one where all responses are written. After one `await`
 * before the interface's policies, only real promises are awaited. So a request without asynchronous work waits no
 * further.
 */
export async function runExchange(exchange: Exchange, front: CompiledFront, deps: RunDeps): Promise<void> {
  let compiled: CompiledInterface | undefined;
  try {
    let result = runPolicies(exchange, front.early, 0);
    if (result instanceof Promise) result = await result;
    if (result === undefined) {
      const route = findRoute(exchange, front);
      if ('code' in route) result = route;
      else {
        compiled = route;
        // Do not run the policies in the turn of the event loop that read the request's head. If the parser finds an
        // error right after the head, the client must get that error first.
        result = await runPolicies(exchange, compiled.before, 0);
        let called: void | Promise<void> = undefined;
        if (result === undefined) {
          exchange.isCalled = true;
          called = compiled.call(exchange);
        }
        if (called instanceof Promise) await called;
      }
    }
    if (result !== undefined) settle(exchange, result);
    // Only now, because a quota gives back what a refused request took.
    exchange.endCall();
    const finished = finish(exchange, deps.isClosing(), deps);
    if (finished instanceof Promise) await finished;
  } catch (thrown) {
    deps.onBug(thrown, exchange);
    // Once a response has started, only a closed connection tells the caller that the rest will not come.
    if (exchange.response.headersSent) exchange.response.destroy();
    else await refuseLate(exchange, refuse('GW50001'), deps);
  } finally {
    exchange.endCall();
    logWhenDone(exchange, compiled?.log ?? front.log, deps);
  }
}

/**
 * Ends a request in flight with an error, whatever it waits for, and closes its connection. The response is completed
 * like any other (an authenticated caller gets it signed). If that fails too, the caller gets the error without a
 * signature.
 */
export async function refuseLate(exchange: Exchange, error: GatewayError, deps: RunDeps): Promise<void> {
  exchange.error = error;
  try {
    await finish(exchange, true, deps);
  } catch (thrown) {
    deps.onBug(thrown, exchange);
    writeAnswer(exchange, toErrorAnswer(exchange, error, deps.now()), true);
  }
}

function settle(exchange: Exchange, result: Exclude<PolicyResult, undefined>): void {
  if ('code' in result) exchange.error ??= result;
  else exchange.answer ??= result;
}

function finish(exchange: Exchange, isClosing: boolean, deps: RunDeps): void | Promise<void> {
  if (exchange.isCutOff) return;
  if (exchange.error !== undefined) exchange.answer = toErrorAnswer(exchange, exchange.error, deps.now());
  // If there is neither a response nor an error, the call stage has already streamed the response.
  if (exchange.answer === undefined) return;
  const completed = completeAnswer(exchange, 0, deps);
  if (completed instanceof Promise) return completed.then((answer) => write(exchange, answer, isClosing));
  write(exchange, completed, isClosing);
}

/**
 * Runs the policies after the call. One that returns an answer or an error replaces the response; the following
 * policies then complete that one.
 */
function completeAnswer(exchange: Exchange, from: number, deps: RunDeps): Answer | Promise<Answer> {
  const { after } = exchange;
  for (let i = from; i < after.length; i++) {
    const result = after[i]!.run(exchange);
    if (result instanceof Promise)
      return result.then((late) => {
        replaceAnswer(exchange, late, after[i]!, deps);
        return completeAnswer(exchange, i + 1, deps);
      });
    replaceAnswer(exchange, result, after[i]!, deps);
  }
  return exchange.answer!;
}

function replaceAnswer(exchange: Exchange, result: PolicyResult, { policy }: Step, deps: RunDeps): void {
  if (result === undefined) return;
  exchange.decidedBy = policy;
  exchange.error = 'code' in result ? result : undefined;
  exchange.answer = 'code' in result ? toErrorAnswer(exchange, result, deps.now()) : result;
}

function write(exchange: Exchange, answer: Answer, isClosing: boolean): void {
  // Data after a malformed request on the same connection cannot be trusted either.
  writeAnswer(exchange, answer, isClosing || exchange.error?.code === 'GW40001');
}

/**
 * Finds the interface of a request and completes the exchange with what it says. A path that can be read in more than
 * one way is refused.
 */
export function findRoute(exchange: Exchange, front: CompiledFront): CompiledInterface | GatewayError {
  const { httpVersion } = exchange.request;
  if (httpVersion === '1.1' && !exchange.incoming.has('host')) return WITHOUT_HOST;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return NOT_HTTP_1;
  const match = front.router.find(transportPathOf(exchange.rawPath, exchange.incoming.get(ADAPTER_HEADER)));
  // A path that equals a published path byte for byte can be read in only one way. Check this for any other path.
  if ((match === undefined || match.values.length > 0 || exchange.rawQuery !== '') && !isPlainTarget(exchange)) return NOT_PLAIN;
  if (match === undefined) return exchange.rawPath.startsWith(TRANSPORT_PATH) ? NOT_OFFERED : refuse('GW40401');
  const target = match.methods.get(exchange.method);
  if (target === undefined) {
    exchange.response.setHeader('allow', [...match.methods.keys()].join(', '));
    return refuse('GW40501');
  }
  const compiled = front.interfaces[target]!;
  if (match.values.length > 0) {
    const params = decodeParams(compiled.paramNames, match.values);
    if (params === undefined) return NOT_PLAIN;
    exchange.params = params;
  }
  exchange.interface = compiled.interface;
  exchange.handling = compiled.handling;
  exchange.after = compiled.after;
  exchange.deadlineMs = exchange.startedAt + Math.min(compiled.deadlineMs, exchange.relay?.leftMs ?? compiled.deadlineMs);
  return compiled;
}

const WITHOUT_HOST = refuse('GW40001', {
  text: {
    'zh-CN': '缺少 Host 请求头（HTTP/1.1 必须携带）：补充后重新发送',
    en: 'The Host header is missing, which HTTP/1.1 requires: add it and send again.',
  },
});
const NOT_HTTP_1 = refuse('GW40001', {
  text: {
    'zh-CN': '请求行的协议版本须为 HTTP/1.1：HTTP/2 请通过入口代理接入',
    en: 'The request line must use HTTP/1.1: only the proxy in front accepts HTTP/2.',
  },
});
const NOT_OFFERED = refuse('GW40401', {
  text: {
    'zh-CN': '没有开放这个传输操作：请核对路径，并在路径末尾或请求头 X-KQ-Adapter 中写明适配器',
    en: 'There is no such transport operation: check the path, and name the adapter at its end or in the header X-KQ-Adapter.',
  },
});
const NOT_PLAIN = refuse('GW40001', {
  text: {
    'zh-CN':
      '路径或查询串有不止一种读法：去除 . 与 .. 段、连续的 //、反斜杠、%2F、双重编码（如 %252E）及不完整的 % 编码，其他字符按 UTF-8 作百分号编码',
    en: 'Path or query can be read in more than one way: no dot segments, no //, backslash, %2F, double encoding such as %252E, or broken % escape; encode other characters as UTF-8 with %.',
  },
});

function isPlainTarget({ rawPath, rawQuery }: Exchange): boolean {
  try {
    requirePlainPath(rawPath);
    requireQuery(rawQuery);
    return true;
  } catch {
    return false;
  }
}

function decodeParams(names: readonly string[], values: readonly string[]): Readonly<Record<string, string>> | undefined {
  const params = Object.create(null) as Record<string, string>;
  try {
    for (let i = 0; i < names.length; i++) params[names[i]!] = decodeURIComponent(values[i]!);
  } catch {
    return undefined;
  }
  return params;
}

/**
 * Runs the log policies when the last byte was sent or the caller has left. So they see everything, and cannot disturb
 * the request.
 */
function logWhenDone(exchange: Exchange, policies: readonly Step[], deps: RunDeps): void {
  exchange.onEnd(() => {
    try {
      void runPolicies(exchange, policies, 0);
    } catch (error) {
      deps.onBug(error, exchange);
    }
  });
}
