import { Type } from 'typebox';
import type { JsonSchema } from '../../../engine/schema/compile-schema.ts';
import { definePolicy, type Exchange, type GatewayError, type PolicyDeps } from '../../contract.ts';
import type { CheckedJson, CheckedSchema } from '../../json-reading.ts';
import { QUERY_MALFORMED, refuse, refuseJson } from '../../errors.ts';
import { createCheckedSchema } from '../../shared/create-checked-schema.ts';
import { maskText } from '../../shared/masking/mask-text.ts';
import { decodeQuery } from '../../shared/decode-query.ts';

/**
 * Checks body and query against the interface's JSON Schemas. Before that, JSON is read strictly: its depth is limited,
 * and text that readers could understand in two ways is refused.
 */
export default definePolicy({
  name: 'schema',
  stage: 'schema',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '请求校验', en: 'Request schema' },
    help: {
      'zh-CN': '按接口的 JSON Schema 校验请求体和查询参数，不符合时返回 GW42201 及位置。',
      en: 'Checks body and query against the JSON Schemas of the interface; GW42201 lists the places.',
    },
  },
  options: Type.Object({}, { additionalProperties: false }),
  reads: (_options, { requestSchema }) => ({ body: requestSchema !== undefined }),
  isDefault: () => true,
  isOptional: () => false,
  compile(_options, target, _front, deps) {
    const { requestSchema, querySchema } = target!;
    const query = querySchema && remembered(querySchema, true, deps);
    const body = requestSchema && remembered(requestSchema, false, deps);
    if (query === undefined) return body && ((exchange) => refuseBody(exchange, body, deps));
    return (exchange) => {
      const refused = refuseQuery(exchange, query, deps);
      if (body === undefined) return refused;
      if (refused instanceof Promise) return refused.then((late) => late ?? refuseBody(exchange, body, deps));
      return refused ?? refuseBody(exchange, body, deps);
    };
  },
});

/** Returns the schema from a cache that outlives a plan, because compiling a schema costs milliseconds. */
function remembered(schema: JsonSchema, coerces: boolean, { memo }: PolicyDeps): CheckedSchema {
  return memo<CheckedSchema>(`schema ${coerces} ${JSON.stringify(schema)}`, () => createCheckedSchema(schema, coerces));
}

type Refused = GatewayError | undefined | Promise<GatewayError | undefined>;

function refuseQuery(exchange: Exchange, schema: CheckedSchema, { json }: PolicyDeps): Refused {
  const query = decodeQuery(exchange.rawQuery);
  if (query === undefined) return QUERY_MALFORMED;
  const checked = json.check(query, schema, exchange, exchange.rawQuery.length);
  return checked instanceof Promise ? checked.then((late) => refusalOf(late, '/query')) : refusalOf(checked, '/query');
}

function refuseBody(exchange: Exchange, schema: CheckedSchema, { json }: PolicyDeps): Refused {
  const wantsValue = exchange.interface!.target.kind === 'flow';
  const checked = json.readChecked(exchange.body!, schema, exchange, wantsValue);
  return checked instanceof Promise ? checked.then((late) => takeBody(exchange, late)) : takeBody(exchange, checked);
}

function takeBody(exchange: Exchange, checked: CheckedJson): GatewayError | undefined {
  if ('value' in checked) exchange.json = checked.value;
  return refusalOf(checked, '/body');
}

function refusalOf(checked: CheckedJson, prefix: string): GatewayError | undefined {
  if ('value' in checked) return undefined;
  if ('problem' in checked) return refuseJson(checked);
  return refuse('GW42201', { issues: checked.issues.map(({ path, message }) => ({ path: prefix + maskText(path), message })) });
}
