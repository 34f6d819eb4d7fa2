import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNode } from '../../../engine/testing/run-node.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import { createCheckedSchema } from '../../../gateways/shared/create-checked-schema.ts';
import { createJsonReader } from '../../../gateways/shared/create-json-reader.ts';
import check from '../../../nodes/check/json-schema.node.ts';

/** Each took the one and refused the other, or failed. Some are checked at once, others in threads. */
const PAIRS: readonly (readonly [schema: Record<string, unknown>, data: unknown])[] = [
  [{ required: ['toString'] }, {}],
  [{ properties: { constructor: { type: 'string' } } }, {}],
  [{ items: { multipleOf: 0.01 } }, [19.99]],
  [{ pattern: '^\\u4e2d\\cJ[^]$' }, '中\nx'],
  [{ pattern: '^\\s$' }, '\u3000'],
  [{ pattern: '(?i)^a$' }, 'A'],
  [{ format: 'hostname' }, '-a-'],
  [{ format: 'int32' }, 3e9],
  [{ format: 'email' }, 'a@localhost'],
  [{ properties: { a: { const: { x: 1 } } } }, { a: { toString: 1 } }],
  [{ enum: [{ x: 1 }] }, { valueOf: 1 }],
];

test('a flow and a gateway take the same data by the same schema', async (t) => {
  const reader = createJsonReader(wallClock());
  t.after(() => reader.close());
  const from = { app: undefined, user: undefined, clientIp: '203.0.113.1', onLeave: () => undefined };
  const taken = await Promise.all(
    PAIRS.map(async ([schema, data]) => {
      const found = await reader.readChecked(Buffer.from(JSON.stringify(data)), createCheckedSchema(schema), from, true);
      const outcome = await runNode(check, { config: { schema }, data });
      assert.ok('emit' in outcome || ('reject' in outcome && outcome.reject.code === 'CHECK_SCHEMA'), JSON.stringify(schema));
      return { schema, flow: 'emit' in outcome, gateway: 'value' in found };
    }),
  );
  for (const { schema, flow, gateway } of taken) assert.equal(flow, gateway, JSON.stringify(schema));
  assert.deepEqual(
    taken.map(({ flow }) => flow),
    [false, true, true, true, true, true, false, false, true, false, false],
  );
});
