import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test, type TestContext } from 'node:test';
import { systemClock } from '../../../engine/host/system-clock.ts';
import { readOffers } from '../../../nodes/soap/offers.ts';
import { offersOf } from './wsdl/describe.ts';
import { httpPeer } from '../support/peers.ts';
import { anyFile, anywhere } from '../../../engine/testing/anywhere.ts';

const CITY = await readFile(new URL('../../../examples/city/hospital-b/hospital-b.wsdl', import.meta.url), 'utf8');

test('tells of each operation what to fill in and the form of what it takes and gives', async (t) => {
  const { offers, requests } = await ask(t, CITY);
  assert.equal(requests[0]?.url, '/base?wsdl');
  assert.deepEqual(
    offers.map(({ name, about }) => [name, about]),
    [
      ['Register', '预约挂号'],
      ['QueryReports', '查询检查报告'],
    ],
  );
  const [register, query] = offers;
  assert.deepEqual(register?.config, {
    version: '1.1',
    path: '',
    namespace: 'urn:city:hospital-b',
    operation: 'Register',
    action: 'urn:city:hospital-b:Register',
    qualified: false,
    arrays: [],
    bare: false,
    namespaces: {},
    nillable: [],
    types: {},
    oneWay: false,
  });
  const text = { type: 'string' };
  assert.deepEqual(register.takes, {
    type: 'object',
    properties: { PatientId: text, PatientName: text, DeptCode: { type: 'string', enum: ['NK', 'WK', 'EK', 'FCK'] }, VisitDate: text },
    required: ['PatientId', 'PatientName', 'DeptCode', 'VisitDate'],
  });
  assert.deepEqual(Object.keys(register.gives['properties'] as object), ['ResultCode', 'ResultMessage', 'RegNo']);
  assert.deepEqual(query?.config['arrays'], ['QueryReportsResponse.Reports.Report'], 'what may come once or often is always a list');
});

test('reads SOAP 1.2, qualified fields, types that extend others, rpc style, and never runs in circles', async (t) => {
  const { offers } = await ask(t, ODD, '/his/Service.asmx');
  const [find, old] = offers;
  assert.deepEqual(find?.config, {
    version: '1.2',
    path: '/v2',
    namespace: 'urn:x',
    operation: 'find',
    action: 'urn:find',
    qualified: true,
    arrays: [],
    bare: false,
    namespaces: {},
    nillable: [],
    types: {},
    oneWay: false,
  });
  const properties = find.takes['properties'] as Record<string, { type?: string; format?: string }>;
  assert.deepEqual(Object.keys(properties), ['id', 'day', 'parent']);
  assert.equal(properties['day']?.format, 'date');
  assert.deepEqual(find.takes['required'], ['id']);
  assert.deepEqual(
    [old?.config['operation'], old?.config['namespace'], old?.config['oneWay'], Object.keys(old?.takes['properties'] as object)],
    ['old', 'urn:old', true, ['a']],
  );
});

test('says so when the service has no description', async (t) => {
  for (const [answer, problem] of [
    ['<html/>', 'root'],
    ['no xml', 'xml'],
    ['<!DOCTYPE x [<!ENTITY a "b">]><x/>', 'doctype'],
    ['<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>', 'none'],
  ] as const)
    await assert.rejects(ask(t, answer), (error: { code: string; kind: string; values: { problem: string } }) => {
      assert.deepEqual([error.code, error.kind, error.values.problem], ['WSDL_INVALID', 'input', problem]);
      return true;
    });
  const { baseUrl } = await httpPeer(t, (_, response) => void response.writeHead(404).end());
  await assert.rejects(offersOf({ baseUrl }), { code: 'WSDL_ABSENT', kind: 'input' });
});

/** `path` is what the adapter's address has behind the peer's. */
async function ask(t: TestContext, wsdl: string, path = '') {
  const { baseUrl, requests } = await httpPeer(t, (_, response) => void response.setHeader('content-type', 'text/xml').end(wsdl));
  const limits = { timeoutMs: 30_000, connectTimeoutMs: 2000, maxConcurrency: 4, maxResponseBytes: 10_000_000 };
  const adapter = { adapterId: 'adp_x', protocol: 'soap', settings: { baseUrl: `${baseUrl}${path}` }, limits } as never;
  const offers = await readOffers({
    adapter,
    signal: AbortSignal.timeout(30_000),
    clock: systemClock,
    outbound: anywhere,
    files: anyFile,
    secret: () => Promise.reject(new Error('none')),
  });
  return { offers, requests };
}

const ODD = `<?xml version="1.0"?>
<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s12="http://schemas.xmlsoap.org/wsdl/soap12/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/"
  xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:x" targetNamespace="urn:x">
  <w:types><x:schema targetNamespace="urn:x" elementFormDefault="qualified">
    <x:element name="find" type="t:Find"/><x:element name="findAnswer"><x:complexType/></x:element>
    <x:complexType name="Base"><x:sequence><x:element name="id" type="x:int"/></x:sequence></x:complexType>
    <x:complexType name="Find"><x:complexContent><x:extension base="t:Base"><x:sequence>
      <x:element name="day" type="x:date" minOccurs="0"/><x:element name="parent" type="t:Find" minOccurs="0"/>
    </x:sequence></x:extension></x:complexContent></x:complexType>
  </x:schema></w:types>
  <w:message name="in"><w:part name="p" element="t:find"/></w:message><w:message name="out"><w:part name="p" element="t:findAnswer"/></w:message>
  <w:message name="oldIn"><w:part name="a" type="x:string"/></w:message>
  <w:portType name="P">
    <w:operation name="find"><w:input message="t:in"/><w:output message="t:out"/></w:operation>
    <w:operation name="old"><w:input message="t:oldIn"/></w:operation>
  </w:portType>
  <w:binding name="B" type="t:P"><s12:binding style="document" transport="h"/>
    <w:operation name="find"><s12:operation soapAction="urn:find"/><w:input><s12:body use="literal"/></w:input></w:operation>
    <w:operation name="old"><s12:operation soapAction="" style="rpc"/><w:input><s12:body use="literal" namespace="urn:old"/></w:input></w:operation>
  </w:binding>
  <w:service name="S"><w:port name="p" binding="t:B"><s12:address location="http://inner/base/his/Service.asmx/v2"/></w:port></w:service>
</w:definitions>`;

const wsdl = (types: string, operations: number): string => {
  const each = (make: (index: number) => string) => Array.from({ length: operations }, (_, index) => make(index)).join('');
  return `<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" targetNamespace="u">
<w:types><schema xmlns="http://www.w3.org/2001/XMLSchema">${types}</schema></w:types>
<w:message name="m"><w:part name="p" element="e"/></w:message>
<w:portType name="p">${each((index) => `<w:operation name="o${index}"><w:input message="m"/><w:output message="m"/></w:operation>`)}</w:portType>
<w:binding name="b" type="p"><s:binding/>${each((index) => `<w:operation name="o${index}"/>`)}</w:binding></w:definitions>`;
};
const extend = (base: string) => `<complexContent><extension base="${base}"/></complexContent>`;

test('a type that extends itself, in many ways, is read once; thousands of operations are read as they stand', async (t) => {
  const circle = `<element name="e" type="t"/><complexType name="t">${extend('t').repeat(6)}<sequence><element name="a"/></sequence></complexType>`;
  const [offer] = (await ask(t, wsdl(circle, 1))).offers;
  assert.deepEqual(Object.keys(offer?.takes['properties'] as object), ['a']);
  const { offers } = await ask(t, wsdl('<element name="e" type="t"/><complexType name="t"/>', 5000));
  assert.equal(offers.length, 5000);
});

test('types that multiply, and more operations than anybody has, are refused with the reason', async (t) => {
  const level = (index: number) => `<complexType name="t${index}">${extend(`t${index + 1}`).repeat(8)}</complexType>`;
  const tower = Array.from({ length: 12 }, (_, index) => level(index)).join('');
  await assert.rejects(ask(t, wsdl(`<element name="e" type="t0"/>${tower}<complexType name="t12"/>`, 1)), {
    code: 'WSDL_TOO_COSTLY',
    kind: 'input',
  });
  await assert.rejects(ask(t, wsdl('<element name="e" type="t"/><complexType name="t"/>', 60_000)), { code: 'WSDL_TOO_COSTLY' });
});
