import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileAllBreaches, compileFirstBreach, createSchemaTest, type JsonSchema } from '../../../engine/schema/compile-schema.ts';
import { isMultipleOf } from '../../../engine/schema/is-multiple-of.ts';
import { compileSchemaPattern } from '../../../engine/schema/schema-pattern.ts';

const fits = (schema: unknown, text: string) => compileFirstBreach(schema as JsonSchema)(JSON.parse(text)) === undefined;
const fromJson = (text: string) => JSON.parse(text) as unknown;
const twelve = Object.fromEntries([...'abcdefghijkl'].map((name) => [name, {}]));

/** By JSON Schema 2020-12. */
const CASES: readonly (readonly [schema: unknown, data: string, fits: boolean])[] = [
  // Fields of the data alone count, not what each object of the language has.
  [{ required: ['toString'] }, '{}', false],
  [fromJson('{"required":["__proto__"]}'), '{}', false],
  [{ required: ['toString', 'constructor', 'a'] }, '{"a":1}', false],
  [{ properties: { constructor: { type: 'string' } } }, '{}', true],
  [{ properties: { toString: false } }, '{}', true],
  [{ properties: { a: {} }, additionalProperties: false }, '{"constructor":1}', false],
  [{ properties: twelve, additionalProperties: false }, '{"constructor":1}', false],
  [{ dependentRequired: { toString: ['a'] } }, '{}', true],
  [{ dependentRequired: { a: ['valueOf'] } }, '{"a":1}', false],
  [{ dependentSchemas: { toString: false } }, '{}', true],
  [{ patternProperties: { '^_': { type: 'string' } } }, '{"__proto__":1}', false],
  [{ patternProperties: { '^_+proto_+$': { type: 'string' } }, additionalProperties: false }, '{"__proto__":"a"}', true],
  [{ additionalProperties: { type: 'string' } }, '{"__proto__":1}', false],
  [{ unevaluatedProperties: false }, '{"__proto__":1}', false],
  [{ propertyNames: { maxLength: 3 } }, '{"__proto__":1}', false],
  [fromJson('{"dependentRequired":{"__proto__":["a"]}}'), '{"__proto__":1}', false],
  [fromJson('{"dependentSchemas":{"__proto__":false}}'), '{"__proto__":1}', false],
  // Nothing of the data is called.
  [{ const: { x: 1 } }, '{"toString":1}', false],
  [{ const: { x: 1 } }, '{"valueOf":1}', false],
  [{ const: { valueOf: 1 } }, '{"valueOf":1}', true],
  [{ const: { constructor: 1 } }, '{"constructor":2}', false],
  [{ enum: [{ x: 1 }, { y: 2 }] }, '{"toString":1}', false],
  [{ enum: [{ x: 1 }, [{ y: 2 }]] }, '[{"y":2}]', true],
  [{ const: { a: 1, b: [2] } }, '{"b":[2],"a":1}', true],
  [{ const: [1] }, '{"0":1}', false],
  [{ const: {} }, '[]', false],
  [{ uniqueItems: true }, '[{"toString":1},{"valueOf":1}]', true],
  [{ uniqueItems: true }, '[{"a":1,"b":2},{"b":2,"a":1}]', false],
  [{ const: 0 }, '-0', true],
  [{ enum: [0] }, '-0', true],
  [{ enum: [1, '1', null, true] }, '"true"', false],
  // Numbers mean their digits.
  [{ multipleOf: 0.01 }, '19.99', true],
  [{ multipleOf: 0.01 }, '19.999', false],
  [{ multipleOf: 1e6 }, '1', false],
  [{ multipleOf: 0.123456789 }, '1e308', false],
  [{ multipleOf: 1e-8 }, '12345678.91', true],
  // Formats of both routes.
  [{ format: 'hostname' }, '"-a-"', false],
  [{ format: 'duration' }, '"1 day"', false],
  [{ format: 'json-pointer' }, '"a"', false],
  [{ format: 'int32' }, '3000000000', false],
  [{ format: 'int32' }, '-2147483648', true],
  [{ format: 'int32' }, '2147483648', false],
  [{ format: 'int64' }, '1e308', false],
  [{ format: 'int64' }, '9223372036854775808', false],
  [{ format: 'int64' }, '9223372036854774784', true],
  [{ format: 'int64' }, '-9223372036854775808', true],
  [{ format: 'int64' }, '-9223372036854777856', false],
  [{ format: 'int64' }, '1.5', false],
  [{ format: 'uri' }, '"/a"', false],
  [{ format: 'email' }, '"a"', false],
  [{ format: 'toString' }, '"x"', true],
  // Patterns are those of ECMA-262 with `u`.
  [{ pattern: '^[\\u4e00-\\u9fa5]+$' }, '"中文"', true],
  [{ pattern: '^\\cJ$' }, '"\\n"', true],
  [{ pattern: '^[^]$' }, '"a"', true],
  [{ pattern: '^\\s$' }, '"\u3000"', true],
  [{ pattern: '^.$' }, '"\u2028"', false],
  [{ pattern: '^.$' }, '"😀"', true],
  [{ pattern: '^\\u{1F600}$' }, '"😀"', true],
  [{ pattern: '^\\p{L}\\p{Script=Han}$' }, '"a中"', true],
  [{ pattern: '^\\d$' }, '"٣"', false],
  [{ pattern: '^(?<n>a)$' }, '"a"', true],
  [{ pattern: '^(a?)*$' }, '"aa"', true],
  // What is none is read in the syntax of RE2, as before.
  [{ pattern: '^(?i)a$' }, '"A"', true],
  [{ pattern: '\\A[[:alpha:]]+\\z' }, '"ab"', true],
  [{ pattern: '^\\Q.\\E$' }, '"a"', false],
];

test('a schema means what the standard says, for fields, values, numbers, formats and patterns', () => {
  for (const [schema, data, expected] of CASES) assert.equal(fits(schema, data), expected, `${JSON.stringify(schema)} of ${data}`);
});

test('the first breach and the list of all agree', () => {
  for (const [schema, data, expected] of CASES) {
    const { count, breaches } = compileAllBreaches(schema as JsonSchema, false)(JSON.parse(data), 20);
    assert.equal(count === 0, expected, JSON.stringify(schema));
    const first = compileFirstBreach(schema as JsonSchema)(JSON.parse(data));
    assert.deepEqual(breaches[0]?.keyword, first?.keyword);
  }
});

test('the first breach ends the check: nothing more is looked at, and nothing is kept', () => {
  const schema = { type: 'array', items: { required: Array.from({ length: 1000 }, (_, index) => `k${index}`) } };
  const second = new Proxy({}, { getOwnPropertyDescriptor: () => assert.fail('looked at') });
  assert.equal(compileFirstBreach(schema)([{}, second])?.instancePath, '/0');
});

test('a text beyond 64 KB has no format, whatever it holds', () => {
  for (const format of ['uri', 'email', 'date', 'ipv6', 'hostname', 'json-pointer']) {
    assert.equal(fits({ format }, JSON.stringify(`http://${'a'.repeat(10_000_000)}`)), false, format);
  }
  assert.equal(fits({ format: 'uri' }, JSON.stringify(`http://${'a'.repeat(60_000)}`)), true);
});

test('a schema that cannot be used is refused with a reason, and without a line in the log', (t) => {
  const log = ['log', 'warn', 'error'] as const;
  for (const name of log) t.mock.method(console, name);
  const findFault = createSchemaTest();
  for (const wrong of [
    { type: 'objekt' },
    { enum: [] },
    { pattern: '(?=a)b' },
    { pattern: '\\p{Letter}' },
    { $ref: 'https://a.test/x' },
    { $async: true },
  ]) {
    assert.equal(typeof findFault(wrong), 'string', JSON.stringify(wrong));
  }
  assert.equal(findFault({ format: 'nobody knows\n22:59:59 info forged', nobodyKnows: 1 }), undefined);
  for (const name of log) assert.equal((console[name] as unknown as { mock: { callCount(): number } }).mock.callCount(), 0);
});

test('an escape that would be read as its letter is refused in drafts; what is published goes on', () => {
  const findFault = createSchemaTest();
  for (const pattern of ['\\k<n>', '(?<n>a)\\k<n>', '(?<n>a)\\k<m>', '[\\k]', '\\h+', '\\Z', '\\8', '\\u12', '\\x1', '\\c1', '\\\\\\k']) {
    for (const schema of [{ pattern }, { patternProperties: { [pattern]: {} } }])
      assert.match(findFault(schema) ?? '', /patterns have no/, pattern);
    assert.doesNotThrow(() => compileFirstBreach({ pattern }));
  }
  for (const pattern of ['\\\\k<n>', '(?i)\\u4e2d\\cA\\x41\\_', '\\A[[:alpha:]]+\\z', '^\\Q.\\E$', '\\u{4e2d}\\-', '(?<n>a)']) {
    assert.equal(findFault({ pattern }), undefined, pattern);
  }
});

test('multiples are told by digits, of any size', () => {
  const right: readonly (readonly [number, number, boolean])[] = [
    [0.3, 0.1, true],
    [1e300, 3, false],
    [1e21, 1e20, true],
    [1.5e-7, 5e-8, true],
    [-19.99, 0.01, true],
    [1, 0, false],
  ];
  for (const [value, divisor, expected] of right) assert.equal(isMultipleOf(value, divisor), expected, `${value} of ${divisor}`);
});

const atom = fc.constantFrom(
  ...['a', 'b', '张', '.', ' ', '-', '^', '$', '[ab]', '[^a]', '[^]', '[张-龥]', '😀', '[😀a]', '(?:)', '[[]', '[^-]'],
  ...[String.raw`\d`, String.raw`\D`, String.raw`\s`, String.raw`\S`, String.raw`\w`, String.raw`\W`, String.raw`\b`, String.raw`\B`],
  ...[
    String.raw`[^\s]`,
    String.raw`[\S\n]`,
    String.raw`\n`,
    String.raw`\.`,
    String.raw`\/`,
    String.raw`\u5f20`,
    String.raw`\cJ`,
    String.raw`\0`,
  ],
  ...[String.raw`\u{1F600}`, String.raw`\ud83d\ude00`, String.raw`\p{Script=Han}`, String.raw`\P{L}`, String.raw`[\p{Lu}\p{gc=Nd}]`],
);
const times = fc.constantFrom('', '', '', '*', '+', '?', '*?', '??', '{2}', '{1,2}', '{0,2}?', '{2,}');
const { source } = fc.letrec<{ source: string }>((tie) => ({
  source: fc.oneof(
    { depthSize: 'small' },
    fc.tuple(atom, times).map(([a, n]) => (/^[\^$]|^\\[bB]/.test(a) ? a : a + n)),
    fc.tuple(tie('source'), tie('source')).map(([a, b]) => a + b),
    fc.tuple(tie('source'), tie('source')).map(([a, b]) => `${a}|${b}`),
    fc.tuple(fc.constantFrom('(', '(?:'), tie('source'), times).map(([head, a, n]) => `${head}${a})${n}`),
  ),
}));
const text = fc.array(fc.constantFrom(...'abAZ张😀 -\n\r\u2028\u3000\u00a0.1[^'), { maxLength: 8 }).map((chars) => chars.join(''));

test('a pattern of ECMA-262 fits the texts that it fits there', () => {
  fc.assert(
    fc.property(source, text, (pattern, value) => {
      // V8 finds \B within a character of two halves, where ECMA-262 (22.2.7.2) does not look.
      fc.pre(!(pattern.includes(String.raw`\B`) && value.includes('😀')));
      assert.equal(compileSchemaPattern(pattern)(value), new RegExp(pattern, 'u').test(value));
    }),
    { numRuns: 3000 },
  );
});

test('a pattern with more states than it may remember finds the same', () => {
  const isFitting = compileSchemaPattern('(?:a|b)*a(?:a|b){15}$');
  const letters = Array.from({ length: 30_000 }, (_, index) => 'ab'[Math.floor(Math.sin(index) * 10_000) & 1]).join('');
  for (const end of [letters.length, letters.length - 1, letters.length - 2, letters.length - 3]) {
    const value = letters.slice(0, end);
    assert.equal(isFitting(value), value.at(-16) === 'a');
  }
  assert.equal(isFitting(`${letters}c`), false);
});
