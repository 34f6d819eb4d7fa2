/** Offers the stored procedures and functions of the database, with their parameters. */
import type { Offer } from '../../engine/contract/node/node.ts';
import type { ProbeContext } from '../../engine/contract/node/probe.ts';
import type { ReadLimits, Row } from './drivers/driver.ts';
import { canCall } from './statements/call-statements.ts';
import { useConnection } from './use-connection.ts';

/** The standard's views: PostgreSQL, MySQL and MariaDB have them. Functions that return a trigger are no calls. */
const ROUTINES = `SELECT r.routine_schema AS owner, r.routine_name AS name, r.routine_type AS kind, r.specific_name AS id,
    p.parameter_name AS parameter, p.parameter_mode AS direction, p.data_type AS type
  FROM information_schema.routines r
  LEFT JOIN information_schema.parameters p
    ON p.specific_schema = r.routine_schema AND p.specific_name = r.specific_name AND p.ordinal_position > 0
  WHERE r.routine_schema NOT IN ('pg_catalog', 'information_schema', 'mysql', 'sys', 'performance_schema')
    AND r.routine_type IN ('PROCEDURE', 'FUNCTION') AND (r.data_type IS NULL OR r.data_type <> 'trigger')
  ORDER BY r.routine_schema, r.routine_name, r.specific_name, p.ordinal_position`;
const MAX_ROWS = 20_000;
const LIMITS: ReadLimits = { batchRows: 500, batchBytes: 4_194_304 };

export async function callOffers(ctx: ProbeContext): Promise<readonly Offer[]> {
  return useConnection(ctx, async ({ connection, engine }) => {
    if (!canCall(engine)) return [];
    const rows: Row[] = [];
    for await (const batch of connection.rows({ text: ROUTINES, values: [] }, LIMITS)) {
      rows.push(...batch);
      if (rows.length >= MAX_ROWS) break;
    }
    return [...Map.groupBy(rows, ({ owner, id }) => JSON.stringify([owner, id])).values()].map(toOffer);
  });
}

function toOffer(rows: readonly Row[]): Offer {
  const { owner, name, kind } = rows[0]!;
  const isFunction = kind === 'FUNCTION';
  const parameters = rows
    .filter(({ direction }) => typeof direction === 'string')
    .map(({ parameter, direction, type }, index) => ({
      name: typeof parameter === 'string' && parameter !== '' ? parameter : `p${index + 1}`,
      direction: String(direction).toLowerCase(),
      type: String(type),
    }))
    // The outputs of a function are columns of its result.
    .filter(({ direction }) => !isFunction || direction !== 'out');
  const given = parameters.filter(({ direction }) => direction !== 'out');
  const outputs = parameters.filter(({ direction }) => direction !== 'in');
  const fields = (of: typeof parameters) => ({
    type: 'object',
    properties: Object.fromEntries(of.map(({ name, type }) => [name, { description: type }])),
  });
  return {
    name: `${String(owner)}.${String(name)}`,
    config: {
      schema: owner,
      name,
      kind: isFunction ? 'function' : 'procedure',
      parameters: parameters.map(({ name, direction }) => ({
        name,
        direction: isFunction ? 'in' : direction,
        ...(direction === 'out' ? {} : { value: { path: `data.${/^\w+$/.test(name) ? name : `\`${name}\``}` } }),
      })),
    },
    takes: fields(given),
    gives: {
      type: 'object',
      properties: { results: { type: 'array' }, out: isFunction ? { type: 'object' } : fields(outputs) },
      required: ['results', 'out'],
    },
  };
}
