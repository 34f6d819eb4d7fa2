import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { STRUCTURE_TEXTS, STRUCTURES } from '../../../gateways/documents/content-structures.ts';
import { decodeLeaf } from '../../../gateways/inspection/decode-leaf.ts';
import { DETECTORS, inspectLeaf, type Detector } from '../../../gateways/inspection/inspect-leaf.ts';
import { findSqlInjection } from '../../../gateways/inspection/sql/find-sql-injection.ts';
import { findXss } from '../../../gateways/inspection/xss/find-xss.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';
import { ENCODINGS, hasCorpora, judge, readAttacks, readHarmless, readSamples } from './corpora.ts';

const skip = hasCorpora ? false : 'the corpora are not beside the checkout';

function missedOf(texts: readonly string[], detector: Detector): readonly string[] {
  return texts.filter((text) => judge(text, detector) === undefined);
}

for (const [detector, list, most] of [
  ['sql-injection', 'sql-injections', 0.05],
  ['xss', 'xss', 0.02],
] as const)
  test(`finds at least ${100 - most * 100} % of our own list of ${detector}`, () => {
    const texts = readSamples(list);
    const missed = missedOf(texts, detector);
    assert.ok(missed.length <= texts.length * most, missed.join('\n'));
  });

test('finds numbers in base 16, a list behind a quote, and the escape of ODBC for functions', () => {
  for (const attack of ['0x31 or 1', '1 or 0x1', '0x1 || 1', "1' in (1)", "1' in (2,3)", '{fn sleep(5)}', 'x={fn user()}', '{ fn now() }'])
    assert.ok(judge(attack, 'sql-injection'), attack);
  for (const text of [
    '5 or 6',
    "the wards' in (2)",
    "5 o'clock in (room 2)",
    '0x31',
    'colour 0x31 or red',
    '{fn}',
    "{fn: 'x(1)'}",
    '{fn tablet(s)}',
  ])
    assert.equal(judge(text, 'sql-injection'), undefined, text);
});

test('passes all harmless values of our own list', () => {
  const found = readSamples('harmless').flatMap((text) =>
    DETECTORS.filter((detector) => judge(text, detector) !== undefined).map((detector) => `${detector} ${text}`),
  );
  assert.deepEqual(found, []);
});

for (const detector of DETECTORS)
  test(`finds at least 98.5 % of the lists of others: ${detector}`, { skip }, () => {
    const samples = readAttacks(detector);
    const missed = missedOf(
      samples.map(({ text }) => text),
      detector,
    );
    assert.ok(missed.length <= samples.length * 0.015, `${missed.length} of ${samples.length}`);
  });

test('passes at least 99.9 % of harmless values of others, Chinese medical text among them', { skip }, () => {
  const samples = readHarmless();
  const found = samples.filter(({ text }) => DETECTORS.some((detector) => judge(text, detector) !== undefined));
  assert.ok(found.length <= samples.length * 0.001, found.map(({ list, text }) => `${list}: ${text}`).join('\n'));
});

for (const [name, encode] of Object.entries(ENCODINGS))
  test(`finds an attack that is encoded: ${name}`, () => {
    assert.equal(judge(encode("1' or '1'='1' -- x"), 'sql-injection', true)?.structure, 'sql-condition');
    assert.equal(judge(encode('<img src=x onerror=alert(1)>'), 'xss', true)?.structure, 'html-event');
  });

test('tells apart what was found only in Base64', () => {
  const encoded = Buffer.from("x' union select 1,2 -- ").toString('base64');
  assert.equal(inspectLeaf(encoded, ['sql-injection'], true)[0]?.isEncoded, true);
  assert.deepEqual(inspectLeaf(encoded, ['sql-injection'], false), []);
  assert.equal(inspectLeaf("x' union select 1,2 -- ", ['sql-injection'], true)[0]?.isEncoded, false);
});

test('sees an attack beside and inside of Chinese text', () => {
  for (const text of [
    "张三' or '1'='1",
    '患者＇ or 1＝1--',
    '头痛<img src=x onerror=alert(1)>三天',
    '备注：1 union select 1,2,3',
    '1 union ſelect 1,2',
    '<ımg src=x onerror=alert(1)>',
  ])
    assert.ok(
      DETECTORS.some((detector) => judge(text, detector) !== undefined),
      text,
    );
});

test('says which structure changes, in both languages, without text of the request', () => {
  const [found] = inspectLeaf("zhangsan13800138000' or 'secret'='secret", ['sql-injection'], false);
  assert.equal(found!.structure, 'sql-condition');
  assert.match(found!.shape, /^[a-zA-Z0-9=&(){},;'"`?]{1,20}$/);
  assert.ok(!found!.shape.includes('secret'));
  for (const structure of STRUCTURES) assert.ok(STRUCTURE_TEXTS[structure]['zh-CN'].length > 5 && STRUCTURE_TEXTS[structure].en.length > 5);
});

const CHANGES: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text.toUpperCase(),
  (text) => text.replaceAll(' ', '/**/'),
  (text) => `备注${text}。`,
  (text) => text.replaceAll(/['"=<>]/g, (char) => String.fromCharCode(char.charCodeAt(0) + 0xfee0)),
];

test('the quick look that spares most values the detectors spares none that they would find', () => {
  const lists = [
    ['sql-injection', readSamples('sql-injections'), findSqlInjection],
    ['xss', readSamples('xss'), findXss],
  ] as const;
  for (const [detector, texts, find] of lists)
    for (const text of texts.flatMap((sample) => CHANGES.map((change) => change(sample))))
      if (decodeLeaf(text).some((reading) => find(reading) !== undefined)) assert.ok(inspectLeaf(text, [detector], false).length > 0, text);
});

const PIECES = [
  ...[
    "'",
    '"',
    '`',
    '<',
    '>',
    '</',
    '<!',
    '<?',
    '<!--',
    '-->',
    '<![CDATA[',
    '=',
    ' ',
    '\n',
    '\0',
    '\\',
    '%',
    '%27',
    '%u0027',
    '&#39',
    '&lt',
  ],
  ...['&', '&&', '||', '(', ')', '{', '}', '[', ']', ',', ';', '--', '#', '/*', '*/', '/*!', '+', '-', '.', ':', '@', '$', '\\u{', '\\x'],
  ...[
    'select ',
    'union ',
    'or ',
    'and ',
    '1',
    '0x1',
    'case ',
    'when ',
    'then ',
    'end ',
    'sleep(',
    'from ',
    'exec ',
    'drop table ',
    'script',
  ],
  ...[
    'onerror',
    'style',
    'href',
    'javascript:',
    'alert',
    'document',
    'top[',
    'svg',
    '<a ',
    '<style>',
    '<!doctype ',
    '头',
    '＇',
    '\ud800',
    'é',
  ],
];

test('fails on no text, whatever it is made of', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 60 }),
      (pieces) => {
        inspectLeaf(pieces.join(''), DETECTORS, true);
      },
    ),
    { numRuns: 1000 },
  );
});

test('takes linear time for texts made of any piece: a quadratic scan of 100 KB would take many seconds', async () => {
  for (const piece of PIECES) {
    for (const other of ['', ' ', '=', "'"]) {
      const text = (piece + other).repeat(Math.ceil(100_000 / (piece.length + other.length)));
      const [ms] = await cpuMsOf(() => inspectLeaf(text, DETECTORS, true));
      assert.ok(ms < 5000, `${JSON.stringify(piece + other)}: ${ms} ms`);
    }
  }
});
