/** What the structures of operations are made of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Value } from 'typebox/value';
import soapCall from '../../../../nodes/soap/call.node.ts';
import { NAMES, schemaOf, upload, wsdlOf } from './describe.ts';

const OUT = '<x:element name="out" type="x:string"/>';
const text = { type: 'string' };

/** Reads the one operation whose request has this schema. */
async function operationOf(schema: string, files: Readonly<Record<string, string>> = {}) {
  const [offer] = await upload({ 'main.wsdl': wsdlOf(schema), ...files });
  assert.ok(offer);
  return offer;
}

async function takesOf(content: string, more?: string): Promise<Readonly<Record<string, unknown>>> {
  const { takes, problems } = await operationOf(schemaOf(content + OUT, more));
  assert.equal(problems, undefined);
  return takes;
}

const properties = (schema: unknown) => (schema as { properties: Readonly<Record<string, unknown>> }).properties;

test('references, groups, attribute groups, extension, restriction and choice', async () => {
  const takes = await takesOf(`
    <x:element name="in"><x:complexType><x:complexContent><x:extension base="t:Base"><x:sequence>
      <x:element ref="t:号"/>
      <x:group ref="t:G" minOccurs="0"/>
      <x:choice><x:element name="one" type="x:date"/><x:sequence><x:element name="two"><x:simpleType><x:restriction base="t:Code"/></x:simpleType></x:element></x:sequence></x:choice>
      <x:element name="many" type="x:int" maxOccurs="unbounded"/>
      <x:any minOccurs="0"/>
    </x:sequence><x:attributeGroup ref="t:A"/></x:extension></x:complexContent></x:complexType></x:element>
    <x:element name="号" type="x:string"/>
    <x:group name="G"><x:sequence><x:element name="g" type="t:Code"/><x:group ref="t:G"/></x:sequence></x:group>
    <x:attributeGroup name="A"><x:attribute name="v" use="required"/><x:attribute ref="xml:lang"/></x:attributeGroup>
    <x:complexType name="Base"><x:sequence><x:element name="id"><x:annotation><x:documentation> 编号 </x:documentation></x:annotation>
      <x:complexType><x:simpleContent><x:extension base="x:string"><x:attribute name="scheme"/></x:extension></x:simpleContent></x:complexType></x:element></x:sequence></x:complexType>
    <x:simpleType name="Code"><x:restriction base="x:string"><x:enumeration value="A"/><x:enumeration value="B"/></x:restriction></x:simpleType>`);
  assert.deepEqual(takes, {
    type: 'object',
    properties: {
      '@v': text,
      '@xml:lang': text,
      id: { type: 'object', properties: { '@scheme': text, '#text': text }, description: '编号' },
      号: text,
      g: { type: 'string', enum: ['A', 'B'] },
      one: { type: 'string', format: 'date' },
      two: { type: 'string', enum: ['A', 'B'] },
      many: { type: 'array', items: text },
    },
    required: ['@v', 'id', '号', 'many'],
  });
});

test('a description with many lists and many elements that may be nil fills in what the node takes', async () => {
  const lists = Array.from({ length: 1100 }, (_, index) => `<x:element name="e${index}" type="x:int" nillable="true" maxOccurs="9"/>`);
  const out = `<x:element name="out"><x:complexType><x:sequence>${lists.join('')}</x:sequence></x:complexType></x:element>`;
  const { config, problems } = await operationOf(schemaOf(out.replace('"out"', '"in"') + out));
  assert.ok(Value.Check(soapCall.config, Value.Default(soapCall.config, { ...config })));
  assert.deepEqual(
    problems?.map(({ values }) => values?.['problem']),
    ['nillable'],
  );
});

test('elements that may be nil are listed, and their schema has null', async () => {
  const { config, takes } = await operationOf(
    schemaOf(`
    <x:element name="in"><x:complexType><x:sequence>
      <x:element name="day" type="x:date" nillable="true"/><x:element ref="t:code"/><x:element name="note" type="x:string"/>
      <x:element name="item" nillable="1" maxOccurs="unbounded"><x:complexType><x:sequence>
        <x:element name="n" type="x:int" nillable="true"/></x:sequence></x:complexType></x:element>
    </x:sequence></x:complexType></x:element>
    <x:element name="code" nillable="true"><x:simpleType><x:restriction base="x:string"><x:enumeration value="A"/></x:restriction></x:simpleType></x:element>
    ${OUT}`),
  );
  assert.deepEqual(config['nillable'], ['day', 'code', 'item', 'item.n']);
  assert.deepEqual(properties(takes), {
    day: { type: ['string', 'null'], format: 'date' },
    code: { type: ['string', 'null'], enum: ['A', null] },
    note: text,
    item: {
      type: 'array',
      items: { type: ['object', 'null'], properties: { n: { type: ['string', 'null'] } }, required: ['n'] },
    },
  });
});

test('a type inside itself ends, also through others and in extensions', async () => {
  const takes = await takesOf(`
    <x:element name="in" type="t:Node"/>
    <x:complexType name="Node"><x:sequence><x:element name="name" type="x:string"/><x:element name="leaf" type="t:Leaf" minOccurs="0"/></x:sequence></x:complexType>
    <x:complexType name="Leaf"><x:complexContent><x:extension base="t:Leaf"><x:sequence><x:element name="up" type="t:Node"/></x:sequence></x:extension></x:complexContent></x:complexType>`);
  assert.deepEqual(takes, {
    type: 'object',
    properties: { name: text, leaf: { type: 'object', properties: { up: { type: 'object', properties: {} } }, required: ['up'] } },
    required: ['name'],
  });
});

test('elements that may stand in the place of another one can be chosen', async () => {
  const takes = await takesOf(`
    <x:element name="in"><x:complexType><x:sequence><x:element ref="t:event" maxOccurs="unbounded"/></x:sequence></x:complexType></x:element>
    <x:element name="event" abstract="true" type="x:string"/>
    <x:element name="入院" substitutionGroup="t:event"/><x:element name="出院" substitutionGroup="t:event" type="x:date"/>`);
  assert.deepEqual(takes, {
    type: 'object',
    properties: { 入院: { type: 'array', items: text }, 出院: { type: 'array', items: { type: 'string', format: 'date' } } },
  });
});

test('an element of a simple type takes its text, one without a type anything', async () => {
  assert.deepEqual(await takesOf('<x:element name="in" type="x:int"/>'), {
    type: 'object',
    properties: { '#text': text },
    required: ['#text'],
  });
  assert.deepEqual(await takesOf('<x:element name="in"/>'), { type: 'object' });
});

test('files that include and import each other in circles, without a namespace and with another one, are read', async () => {
  const { config, takes, problems } = await operationOf(
    `${schemaOf(`<x:include schemaLocation="a/parts.xsd"/><x:import namespace="urn:b" schemaLocation="a/b.xsd"/>${OUT}
      <x:element name="in"><x:complexType><x:sequence><x:element name="own" type="t:Part"/><x:element ref="b:item" xmlns:b="urn:b"/></x:sequence></x:complexType></x:element>`)}`,
    {
      // It has no namespace, so it takes that of the file that includes it, and its references too.
      'a/parts.xsd': schemaOf(
        '<x:include schemaLocation="../a/parts.xsd"/><x:complexType name="Part"><x:sequence><x:element name="code" type="Code"/></x:sequence></x:complexType><x:simpleType name="Code"><x:restriction base="x:string"/></x:simpleType>',
        'elementFormDefault="qualified"',
      ),
      'a/b.xsd': schemaOf(
        '<x:import namespace="urn:t" schemaLocation="../main.wsdl"/><x:element name="item"><x:complexType><x:sequence><x:element name="inner" type="x:string"/></x:sequence></x:complexType></x:element>',
        'targetNamespace="urn:b"',
      ),
    },
  );
  assert.equal(problems, undefined);
  assert.deepEqual(properties(properties(takes)['own']), { code: text });
  assert.deepEqual(properties(properties(takes)['item']), { inner: text });
  assert.deepEqual([config['qualified'], config['namespaces']], [true, { item: 'urn:b', 'item.inner': '' }]);
});

test('what is missing is said of the operation, with file and line, and the rest is shown', async () => {
  const { takes, problems } = await operationOf(
    schemaOf(`\n<x:include schemaLocation="gone.xsd"/><x:include schemaLocation="broken.xsd"/>
      <x:element name="in"><x:complexType><x:sequence><x:element name="a" type="t:Absent"/><x:element name="b" type="x:int"/></x:sequence></x:complexType></x:element>${OUT}`),
    { 'broken.xsd': '<x:schema\n' },
  );
  assert.deepEqual(properties(takes), { a: {}, b: text });
  assert.deepEqual(
    problems?.map(({ values }) => [values?.['problem'], values?.['file'], values?.['line'], values?.['target'] ?? values?.['name']]),
    [
      ['absent', 'main.wsdl', 3, 'gone.xsd'],
      ['xml', 'broken.xsd', 2, undefined],
      ['name', 'main.wsdl', 4, '{urn:t}Absent'],
    ],
  );
});

test('rpc, encoded arrays, headers, overloaded operations and several parts', async () => {
  const offers = await upload({
    'main.wsdl': `<w:definitions ${NAMES} xmlns:enc="http://schemas.xmlsoap.org/soap/encoding/" targetNamespace="urn:t">
<w:types>${schemaOf(
      `<x:complexType name="List"><x:complexContent><x:restriction base="enc:Array" xmlns:enc="http://schemas.xmlsoap.org/soap/encoding/">
        <x:attribute ref="enc:arrayType" w:arrayType="t:Item[]" xmlns:w="http://schemas.xmlsoap.org/wsdl/"/></x:restriction></x:complexContent></x:complexType>
      <x:complexType name="Item"><x:sequence><x:element name="n" type="x:int"/></x:sequence></x:complexType>
      <x:element name="a" type="x:string"/><x:element name="b" type="x:string"/>
      <x:element name="Auth"><x:complexType><x:sequence><x:element name="user" type="x:string"/></x:sequence></x:complexType></x:element>`,
      'targetNamespace="urn:t"',
    )}</w:types>
<w:message name="in1"><w:part name="list" type="t:List"/><w:part name="day" type="x:date"/></w:message>
<w:message name="in2"><w:part name="id" type="x:string"/></w:message>
<w:message name="two"><w:part name="p" element="t:a"/><w:part name="q" element="t:b"/></w:message>
<w:message name="auth"><w:part name="h" element="t:Auth"/></w:message><w:message name="none"/>
<w:portType name="P"><w:operation name="find"><w:input name="byList" message="t:in1"/><w:output message="t:in1"/></w:operation>
  <w:operation name="find"><w:input name="byId" message="t:in2"/></w:operation>
  <w:operation name="both"><w:input message="t:two"/><w:output message="t:two"/></w:operation>
  <w:operation name="ping"><w:input message="t:none"/><w:output message="t:none"/></w:operation></w:portType>
<w:binding name="B" type="t:P"><s:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>
  <w:operation name="find"><s:operation soapAction="f"/><w:input name="byList"><s:body use="encoded" namespace="urn:rpc"/><s:header message="t:auth" part="h" use="literal"/></w:input></w:operation>
  <w:operation name="find"><s:operation/><w:input name="byId"><s:body use="literal" namespace="urn:rpc"/></w:input></w:operation>
  <w:operation name="both"><s:operation style="document"/><w:input><s:body use="literal"/></w:input></w:operation>
  <w:operation name="ping"><s:operation style="document"/><w:input><s:body use="literal"/></w:input></w:operation></w:binding>
</w:definitions>`,
  });
  const [byList, byId, both, ping] = offers;
  assert.deepEqual(
    offers.map(({ name, problems }) => [name, problems]),
    [
      ['find', undefined],
      ['find (byId)', undefined],
      ['both', undefined],
      ['ping', undefined],
    ],
  );
  assert.deepEqual(byList?.takes, {
    type: 'object',
    properties: {
      list: {
        type: 'object',
        properties: { item: { type: 'array', items: { type: 'object', properties: { n: text }, required: ['n'] } } },
      },
      day: { type: 'string', format: 'date' },
    },
    required: ['list', 'day'],
  });
  const xsd = '{http://www.w3.org/2001/XMLSchema}';
  assert.deepEqual(byList.config['types'], {
    list: '{urn:t}Item[]',
    'list.item': '{urn:t}Item',
    'list.item.n': `${xsd}int`,
    day: `${xsd}date`,
  });
  assert.deepEqual(byList.config['arrays'], ['findResponse.list.item']);
  assert.deepEqual(byList.initial, { header: { value: { 'h1:Auth': { '@xmlns:h1': 'urn:t', user: '' } } } });
  assert.deepEqual([byId?.config['namespace'], byId?.config['oneWay'], byId?.config['types']], ['urn:rpc', true, {}]);
  assert.deepEqual(
    [both?.config['bare'], properties(both?.takes), properties(both?.gives)],
    [true, { a: text, b: text }, { a: text, b: text }],
  );
  assert.deepEqual([ping?.config['bare'], properties(ping?.takes)], [true, {}]);
});
