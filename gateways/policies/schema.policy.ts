import { Type } from 'typebox';
import { definePolicy, type Exchange, type GatewayError, type JsonResult, type PolicyDeps } from '../contract.ts';
import { QUERY_MALFORMED, refuse, refuseJson } from '../errors.ts';
import { compileSchema, type SchemaIssue, type SchemaValidator } from '../shared/compile-schema.ts';
import { decodeQuery } from '../shared/decode-query.ts';

const COLLECT_LIMIT_BYTES = 64 * 1024;

/** Body and query must fit the interface's JSON Schemas; JSON is read strictly before (one meaning, bounded depth). */
export default definePolicy({
  name: 'schema',
  stage: 'schema',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '请求校验', en: 'Request schema' },
    help: {
      'zh-CN': '按接口的 JSON Schema 校验请求体和查询参数，不符合时返回 GW42201 及位置。',
      en: 'Checks body and query against the JSON Schemas of the interface; GW42201 names the places.',
    },
  },
  options: Type.Object({}, { additionalProperties: false }),
  isDefault: () => true,
  isOptional: () => false,
  compile(_options, target, _front, deps) {
    const { requestSchema, querySchema } = target!;
    const checkQuery = querySchema && memoised(querySchema, true, deps);
    const checkBody = requestSchema && memoised(requestSchema, false, deps);
    if (checkBody === undefined && checkQuery === undefined) return undefined;
    return (exchange) => (checkQuery && refuseQuery(exchange, checkQuery)) ?? (checkBody && refuseBody(exchange, checkBody, deps));
  },
});

/** Compiled at the first request that needs it, and kept over plans: a schema costs milliseconds. */
function memoised(schema: Readonly<Record<string, unknown>>, coerce: boolean, { memo }: PolicyDeps): SchemaValidator {
  return memo<SchemaValidator>(`schema ${coerce} ${JSON.stringify(schema)}`, () => {
    let validate: SchemaValidator | undefined;
    return (value, collectsAll) => (validate ??= compileSchema(schema, coerce))(value, collectsAll);
  });
}

function refuseQuery(exchange: Exchange, check: SchemaValidator): GatewayError | undefined {
  const query = decodeQuery(exchange.rawQuery);
  if (query === undefined) return QUERY_MALFORMED;
  return unfit(check(query, true), '/query');
}

function refuseBody(
  exchange: Exchange,
  check: SchemaValidator,
  { readJson }: PolicyDeps,
): GatewayError | undefined | Promise<GatewayError | undefined> {
  const parsed = readJson(exchange.body!);
  return parsed instanceof Promise ? parsed.then((late) => takeBody(exchange, late, check)) : takeBody(exchange, parsed, check);
}

function takeBody(exchange: Exchange, parsed: JsonResult, check: SchemaValidator): GatewayError | undefined {
  if ('problem' in parsed) return refuseJson(parsed);
  exchange.json = parsed.value;
  return unfit(check(parsed.value, exchange.body!.byteLength <= COLLECT_LIMIT_BYTES), '/body');
}

function unfit(issues: readonly SchemaIssue[] | undefined, prefix: string): GatewayError | undefined {
  return issues && refuse('GW42201', { issues: issues.map(({ path, message }) => ({ path: prefix + path, message })) });
}
