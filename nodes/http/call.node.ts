import {
  defineNode,
  errorPort,
  inPort,
  okPort,
  type BuildContext,
  type NodeContext,
  type RunNode,
  type Scope,
} from '../../engine/contract/node/node.ts';
import type { Message } from '../../engine/contract/values/message.ts';
import { asJson } from '../shared/as-json.ts';
import { isWrite, statusError } from '../shared/http/check-status.ts';
import type { OutboundResponse } from '../shared/http/exchange.ts';
import { createOutboundClient } from '../shared/http/outbound.ts';
import { probeHttp } from '../shared/http/probe.ts';
import { HttpSettings } from '../shared/http/settings.ts';
import { compileTemplate, encodeHeaderValue, encodePathValue, encodeQueryValue, type EncodeValue } from '../shared/http/template.ts';
import { createParser, type Parser } from '../shared/parse-worker/create-parser.ts';
import { readSettings } from '../shared/read-settings.ts';
import { createSink, decodeAnswer, decodePage, unreadable } from './answer.ts';
import { checkConfig, Config, effectOf } from './config.ts';
import { compilePages, type PageRequest } from './pages.ts';
import { encodeBody, NO_BODY } from './request-body.ts';
import { compileContent } from '../shared/compile-input.ts';

/** Calls a REST interface of a hospital system (RFC 9110). */
export default defineNode({
  type: 'http.call',
  major: 1,
  kind: 'action',
  category: 'call',
  icon: 'globe',
  text: {
    label: { 'zh-CN': 'HTTP 调用', en: 'HTTP call' },
    help: {
      'zh-CN': '通过适配器调用对方的 REST 接口，输出解析后的响应。',
      en: 'Calls a REST interface of the other side through its adapter and emits the parsed response.',
    },
    words: 'REST API 接口 下载 上传',
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  adapter: 'http',
  effect: effectOf,
  config: Config,
  expressions: ['/body/expression'],
  check: checkConfig,
  prepare: prepareCall,
  probe: probeHttp,
});

function prepareCall(config: Config, build: BuildContext): RunNode<Config> {
  const effect = effectOf(config);
  const fillPath = compileTemplate(config.path, encodePathValue);
  const fillQuery = compileFields(config.query, encodeURIComponent, encodeQueryValue, encodeURIComponent);
  const fillHeaders = compileFields(
    config.headers,
    (name) => name.toLowerCase(),
    encodeHeaderValue,
    (text) => encodeHeaderValue(text, text),
  );
  const readBody = compileBody(config, build);
  const isExpected = compileExpected(config.expect);
  const readPages = config.pages === undefined ? undefined : compilePages(config.pages, config.bodyAs);
  const client = createOutboundClient();
  const parser = createParser();

  return async (ctx, message) => {
    const read = readBody(ctx.scope);
    const data: unknown = read instanceof Promise ? await read : read;
    const given = fillHeaders(ctx.scope);
    const query = fillQuery(ctx.scope);
    const path = (fillPath(ctx.scope) ?? '') + (query.length === 0 ? '' : `?${query.map(([name, value]) => `${name}=${value}`).join('&')}`);
    const send = async (request: PageRequest): Promise<OutboundResponse> => {
      const body = encodeBody(config.bodyAs, request.data, message, ctx);
      const headers: Record<string, string> = body === undefined ? {} : { 'content-type': body.contentType };
      for (const [name, value] of given) headers[name] = value;
      if (body?.isTypeFixed === true) headers['content-type'] = body.contentType;
      const sink = createSink(request.path, ctx, isExpected);
      const { method } = config;
      const response = await client.send(ctx, { method, path: request.path, headers, body: body?.content, effect, sink });
      if (!isExpected(response.status)) throw statusError(response, effect, ctx);
      return response;
    };
    if (readPages !== undefined) return { emit: { ok: [await allPages(readPages, { path, data }, send, ctx, message, parser)] } };
    const response = await send({ path, data });
    try {
      const answer = decodeAnswer(ctx, message, response, parser);
      return { emit: { ok: [answer instanceof Promise ? await answer : answer] } };
    } catch (error) {
      throw isWrite(effect) ? unreadable(error) : error;
    }
  };
}

async function allPages(
  readPages: ReturnType<typeof compilePages>,
  start: PageRequest,
  send: (request: PageRequest) => Promise<OutboundResponse>,
  ctx: NodeContext<Config>,
  message: Message,
  parser: Parser,
): Promise<Message> {
  const { response, items } = await readPages(start, readSettings(ctx.adapter!, HttpSettings).baseUrl, async (request) => {
    const page = await send(request);
    return { response: page, data: await decodePage(ctx, page, parser) };
  });
  const data = ctx.config.full ? { status: response.status, headers: response.headers, body: items } : items;
  return asJson(message, data);
}

/**
 * Compiles a list of names, each with a template for its value. The returned function fills in the templates, and
 * leaves out names without a value.
 */
function compileFields(
  templates: Readonly<Record<string, string>>,
  encodeName: (name: string) => string,
  encode: EncodeValue,
  encodeFixed: (text: string) => string,
): (scope: Scope) => readonly [string, string][] {
  const fields = Object.entries(templates).map(([name, template]) => ({
    name: encodeName(name),
    fill: compileTemplate(template, encode, encodeFixed),
  }));
  if (fields.length === 0) return () => [];
  return (scope) =>
    fields.flatMap(({ name, fill }): [string, string][] => {
      const value = fill(scope);
      return value === undefined ? [] : [[name, value]];
    });
}

function compileBody(config: Config, build: BuildContext): (scope: Scope) => unknown {
  const source = config.body ?? (['POST', 'PUT', 'PATCH'].includes(config.method) ? 'message' : 'none');
  if (source === 'none') return () => NO_BODY;
  return compileContent('/body', source === 'message' ? undefined : source, build);
}

function compileExpected(ranges: readonly string[]): (status: number) => boolean {
  const bounds = ranges.map((range) => range.split('-').map(Number));
  return (status) => bounds.some(([from = 0, to = from]) => status >= from && status <= to);
}
