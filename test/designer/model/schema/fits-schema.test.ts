import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import { Check } from 'typebox/schema';
import { fitsSchema } from '../../../../designer/src/model/schema/fits-schema.ts';
import { MappingSchema } from '../../../../nodes/shared/mapping/mapping-document.ts';
import { exampleFlows, types } from '../sample-types.ts';

test('what fits part by part is what fits as a whole', () => {
  for (const { nodes } of exampleFlows) {
    for (const { type, config } of nodes) {
      const schema = types.get(type)!.config;
      const full = types.fullConfig({ type, config });
      const spoiled = Object.keys(full).flatMap((name) => {
        const { [name]: _gone, ...less } = full;
        return [less, { ...full, [name]: { x: 1 } }, { ...full, [name]: [1] }, { ...full, [`${name}_more`]: 1 }];
      });
      for (const value of [full, ...spoiled]) assert.equal(fitsSchema(schema as never, value), Check(schema as never, value), type);
    }
  }
  const rule = { to: 'a', from: { fn: 'upper', args: [{ path: 'data.a' }] } };
  for (const rules of [[], [rule], [rule, { to: '' }], [{ ...rule, from: { path: 1 } }], Array(2001).fill(rule), 'x', undefined])
    assert.equal(fitsSchema(MappingSchema, { rules }), Check(MappingSchema, { rules }));
});

test('a part that fitted is not looked at again when another is new', () => {
  let looks = 0;
  const schema = Type.Object({ items: Type.Array(Type.Object({ name: Type.String() })) });
  const item = {
    get name() {
      looks += 1;
      return 'a';
    },
  };
  assert.ok(fitsSchema(schema, { items: [item] }));
  const once = looks;
  assert.ok(fitsSchema(schema, { items: [item, { name: 'b' }] }));
  assert.equal(fitsSchema(schema, { items: [item, { name: 1 }] }), false);
  assert.equal(looks, once);
});
