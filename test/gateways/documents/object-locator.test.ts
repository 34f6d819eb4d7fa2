import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeKeyOf } from '../../../gateways/documents/object-locator.ts';

test('locators of the same place have the same key, however they are written', () => {
  assert.equal(placeKeyOf('json:$.a[*].b'), placeKeyOf("json:$['a'][*]['b']"));
  assert.equal(placeKeyOf('json:/a/b'), placeKeyOf('json:$.a.b'));
  assert.equal(placeKeyOf('form:cardNo'), placeKeyOf('json:$.cardNo'));
  assert.equal(placeKeyOf('header:X-Pid'), placeKeyOf('header:x-pid'));
  assert.notEqual(placeKeyOf('query:id'), placeKeyOf('path:id'));
  assert.notEqual(placeKeyOf('json:$.a[0]'), placeKeyOf('json:$.a[*]'));
});
