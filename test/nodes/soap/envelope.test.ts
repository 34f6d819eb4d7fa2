import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildEnvelope, openEnvelope, type Operation } from '../../../nodes/soap/envelope.ts';
import { parseXml } from '../../../nodes/shared/xml/parse-xml.ts';

const operation: Operation = {
  ...{ version: '1.1', namespace: 'urn:a', operation: 'op', prefix: 'm' },
  ...{ qualified: true, bare: false, namespaces: {}, types: {} },
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
  return answer.result;
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
