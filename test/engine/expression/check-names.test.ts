import assert from 'node:assert/strict';
import { test } from 'node:test';
import jsonata from 'jsonata';
import { nameFault } from '../../../engine/expression/check-names.ts';
import { expressionFunctions, JSONATA_FUNCTION_NAMES } from '../../../engine/functions/expression-functions.ts';
import { compileExpression, parseExpression } from '../../../engine/expression/compile-expression.ts';
import { createInPlaceRunner } from '../../../engine/expression/browser.ts';
import { EXPRESSION_FUNCTIONS } from '../../../designer/src/node-panel/expression/expression-functions.ts';

const faultOf = (text: string) => nameFault(parseExpression(text))?.values;

test('knows the functions that JSONata has, and no others', async () => {
  for (const name of JSONATA_FUNCTION_NAMES) assert.equal(await jsonata(`$type($${name})`).evaluate({}), 'function', name);
  const isKnown = (name: string) => JSONATA_FUNCTION_NAMES.has(name) || expressionFunctions.has(name);
  for (const { name } of EXPRESSION_FUNCTIONS) assert.ok(isKnown(name.slice(1)), name);
});

test('finds a function that does not exist, also one without its $, and says which is meant', () => {
  assert.deepEqual(faultOf('$upercase(data.a)'), { problem: 'function', name: 'upercase', nearest: 'uppercase' });
  assert.deepEqual(faultOf('sum(data.list)'), { problem: 'function', name: 'sum', nearest: 'sum' });
  assert.deepEqual(faultOf('data.list.$mapp($, function($v) { $v })'), { problem: 'function', name: 'mapp', nearest: 'map' });
});

test('finds a variable that never gets a value and a path that begins with nothing of the scope', () => {
  assert.deepEqual(faultOf('($a := 1; $b)'), { problem: 'variable', name: 'b' });
  assert.deepEqual(faultOf('patient.name'), { problem: 'root', name: 'patient' });
  assert.deepEqual(faultOf('date.name'), { problem: 'root', name: 'date', nearest: 'data' });
});

test('finds date pictures that write themselves, or minutes for months', () => {
  for (const [picture, problem] of [
    ['YYYY-MM-DD', 'picture-empty'],
    ['[Y0001]-[m01]-[D01]', 'picture-minutes'],
    ['[H01]:[M01]', 'picture-months'],
    ['[y0001]', 'picture-letter'],
  ])
    assert.equal(faultOf(`$fromMillis(now, "${picture}")`)?.['problem'], problem, picture);
});

test('takes what flows write', () => {
  for (const text of [
    'data.a & headers.b & keys.c & nodes.n_x.y & $string(now) & item.z & outer.item.z & $string(index)',
    'data.list[price > 10].name',
    'data.list[$contains(name, "a")]^(>price).{ "n": name, "p": price }',
    'data.list{ code: $sum(price) }',
    '($f := function($x, $y) { $x + $y }; $f(1, data.a))',
    '$map(data.list, function($v, $i) { $v.price * $i })',
    'data.list@$l#$i.{ "at": $i, "n": $l.name }',
    'data.orders.items.{ "order": %.id }',
    'data ~> |list|{"price": price * 2}|',
    'data.list ~> $sum',
    '$reduce(data.list.price, function($a, $b) { $a + $b }, 0)',
    '$each(data, function($v, $k) { $k & "=" & $v })',
    '$lookup($$.data, "a")',
    '**.price',
    '$.data.a',
    '$fromMillis($millis(), "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01][Z]")',
    '$fromMillis($millis(), "[M01]-[D01]")',
    '$toMillis(data.at, "[Y0001][M01][D01][H01][m01][s01]")',
    'data.`a b`.c',
    '[1..3]',
    '"fixed"',
    'null',
  ])
    assert.equal(faultOf(text), undefined, text);
});

test('what was published with such a name still compiles', () => {
  const pool = createInPlaceRunner();
  assert.throws(() => compileExpression('$nope(1)', { pool, isDraft: true }), { code: 'EXPRESSION_INVALID' });
  assert.doesNotThrow(() => compileExpression('$nope(1)', { pool }));
});
