import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildEnvelope, openEnvelope, withNull, type Operation } from '../../../nodes/soap/envelope.ts';
import { SOAP_ENVELOPES } from '../../../engine/contract/soap/soap-fault.ts';
import { parseXml } from '../../../nodes/shared/xml/parse-xml.ts';

const operation: Operation = {
  ...{ version: '1.1', namespace: 'urn:a', operation: 'op', prefix: 'm' },
  ...{ qualified: true, bare: false, namespaces: {}, types: {}, nillable: [] },
};

function bodyOf(more: Partial<Operation>, parameters: unknown): string {
  const text = buildEnvelope({ ...operation, ...more }, [], parameters, 'UTF-8');
  return /<soap:Body>(.*)<\/soap:Body>/.exec(text)?.[1] ?? '';
}

function open(body: string, isBare = false): unknown {
  const answer = openEnvelope(
    parseXml(`<e:Envelope xmlns:e="u"><e:Body>${body}</e:Body></e:Envelope>`, { maxDepth: 20, namespaces: 'strip', arrays: [] }),
    isBare,
  );
  assert.ok(answer !== undefined && 'result' in answer);
  return withNull(answer.result);
}

test('an element of another namespace declares it, and what is inside takes it', () => {
  const data = { plain: 1, other: { inner: 'x', none: '' }, list: ['a', { b: 1 }] };
  const namespaces = { other: 'urn:b', 'other.none': '', list: '' };
  assert.equal(
    bodyOf({ namespaces }, data),
    '<op xmlns="urn:a"><plain>1</plain><other xmlns="urn:b"><inner>x</inner><none xmlns=""/></other>' +
      '<list xmlns="">a</list><list xmlns=""><b>1</b></list></op>',
  );
  assert.equal(
    bodyOf({ qualified: false, namespaces: { other: 'urn:b' } }, { plain: 1, other: { '@id': 1 } }),
    '<m:op xmlns:m="urn:a"><plain>1</plain><other xmlns="urn:b" id="1"/></m:op>',
  );
});

test('without an element of the operation each field is one of the body', () => {
  assert.equal(bodyOf({ bare: true, namespaces: { b: '' } }, { a: 1, b: { c: 2 } }), '<a xmlns="urn:a">1</a><b><c>2</c></b>');
  assert.deepEqual(open('<a>1</a><b><c>2</c></b>', true), { a: '1', b: { c: '2' } });
  assert.deepEqual(open('<a>1</a><b/>'), '1');
});

test('an encoded message names its types and the number of items', () => {
  const types = { n: '{urn:x}int', list: '{urn:t}Item[]', 'list.item': '{urn:t}Item' };
  const text = buildEnvelope(
    { ...operation, qualified: false, types },
    [],
    { n: 5, list: { item: [{ k: 1 }, { k: 2 }] } },
    'UTF-8',
  ).toString();
  assert.match(
    text,
    /<m:op xmlns:m="urn:a" soap:encodingStyle="http:\/\/schemas.xmlsoap.org\/soap\/encoding\/"><n xmlns:t="urn:x" xsi:type="t:int">5<\/n>/,
  );
  assert.match(
    text,
    /<list xmlns:t="urn:t" xsi:type="enc:Array" enc:arrayType="t:Item\[2\]"><item xmlns:t="urn:t" xsi:type="t:Item"><k>1<\/k><\/item>/,
  );
});

test('values that an encoded answer refers to stand where they are referred to, and circles end', () => {
  const answer = open(
    '<opResponse><list><item href="#id0"/><item href="#id1"/></list></opResponse>' +
      '<multiRef id="id0" xsi:type="t:P" xmlns:xsi="i"><name>甲</name><next href="#id1"/></multiRef>' +
      '<multiRef id="id1" xsi:type="t:P" xmlns:xsi="i"><name href="#id2"/><next href="#id0"/></multiRef><multiRef id="id2">乙</multiRef>',
  ) as { list: { item: readonly { name: string; next: { name: string; next: unknown } }[] } };
  const [first, second] = answer.list.item;
  assert.deepEqual([first?.name, first?.next.name, second?.name, second?.next.name], ['甲', '乙', '乙', '甲']);
  assert.deepEqual(first?.next.next, { '@href': '#id0' });
});

test('an answer that refers too often to much is refused before it is copied', () => {
  const refused = (references: number, target: string) =>
    assert.throws(() => open(`<r>${'<i href="#id0"/>'.repeat(references)}</r>${target}`), { code: 'PARSE_TOO_COSTLY', kind: 'input' });
  refused(1000, `<multiRef id="id0">${'<x>1</x>'.repeat(2000)}</multiRef>`);
  refused(1000, `<multiRef id="id0">${'长'.repeat(100_000)}</multiRef>`);
  const chain = Array.from({ length: 300 }, (_, index) => `<multiRef id="id${index}"><next href="#id${index + 1}"/></multiRef>`);
  refused(1, chain.join(''));
});

test('an answer with more values than ten thousand has all of them in their places', () => {
  const numbers = Array.from({ length: 12_000 }, (_, index) => index);
  const values = numbers.map((index) => `<multiRef id="id${index}"><n>${index}</n></multiRef>`).join('');
  const answer = open(`<r>${numbers.map((index) => `<i href="#id${index}"/>`).join('')}</r>${values}`) as { i: readonly unknown[] };
  assert.deepEqual(answer.i.at(-1), { n: '11999' });
});

test('null is nil where the description allows it, otherwise an empty element; the prefix is declared', () => {
  const nillable = ['birth', 'list', 'inner.day'];
  const data = { birth: null, note: null, list: ['a', null], inner: { day: null } };
  assert.equal(
    bodyOf({ nillable, namespaces: { birth: 'urn:b' } }, data),
    '<op xmlns="urn:a"><birth xmlns="urn:b" xsi:nil="true"/><note/><list>a</list><list xsi:nil="true"/>' +
      '<inner><day xsi:nil="true"/></inner></op>',
  );
  const text = buildEnvelope(operation, [], { birth: { '@xsi:nil': 'true' } }, 'UTF-8');
  assert.ok(text.includes(`<soap:Envelope xmlns:soap="${SOAP_ENVELOPES['1.1']}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`));
  assert.ok(text.includes('<birth xsi:nil="true"/>'));
  assert.match(
    bodyOf({ qualified: false, types: { n: '{urn:x}int' }, nillable: ['n'] }, { n: null }),
    /<n xmlns:t="urn:x" xsi:type="t:int" xsi:nil="true"\/>/,
  );
});

test('nil in an answer is null, also as the whole result; with further attributes it is their object', () => {
  const xsi = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"';
  assert.deepEqual(
    open(
      `<r ${xsi}><cost i:nil="true"/><n i:nil="1"/><n>1</n><why i:nil="true" code="x"/><t i:type="s" i:nil="true"/><no i:nil="false">a</no></r>`,
    ),
    { cost: null, n: [null, '1'], why: { '@nil': 'true', '@code': 'x' }, t: null, no: { '@nil': 'false', '#text': 'a' } },
  );
  assert.deepEqual(open(`<r ${xsi} i:nil="true"/>`), null);
  assert.deepEqual(open(`<a ${xsi} i:nil="true"/>`, true), { a: null });
});
