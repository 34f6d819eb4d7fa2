import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import type { AppError } from '../../../engine/contract/values/errors.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import parse from '../../../nodes/cda/parse.node.ts';
import { narrativeHtml } from '../../../nodes/cda/narrative.ts';
import { readTree } from '../../../nodes/cda/read-tree.ts';
import { endsOnCancel, whileOthersGoOn } from '../support/large.ts';
import { showsContract } from '../shows-contract.ts';
import { OUTPATIENT_RECORD, PROGRESS_NOTE } from './documents.ts';

showsContract(import.meta.url, {
  happy: 'reads header, sections and entries of a document',
  refusal: 'what is no CDA document is refused, and never quoted',
  cancel: 'reads 10 MB while others go on, and a cancel ends it',
  '10 MB': 'reads 10 MB while others go on, and a cancel ends it',
});

/** As much of the shape as the tests below name one by one. */
interface Named {
  readonly code: { readonly code: string; readonly display: string };
}
interface Statement extends Named {
  readonly kind: string;
  readonly status: string;
  readonly text: string;
  readonly referenceRange: string;
  readonly interpretation: Named['code'];
  readonly route: Named['code'];
  readonly values: unknown;
  readonly product: unknown;
  readonly negated: boolean;
  readonly dose: unknown;
  readonly time: unknown;
  readonly entries: readonly Statement[];
}
interface Section extends Named {
  readonly title: string;
  readonly text: string;
  readonly html: string;
  readonly entries: readonly Statement[];
  readonly sections: readonly Section[];
}
interface Read extends Named {
  readonly title: string;
  readonly setId: unknown;
  readonly version: unknown;
  readonly patient: {
    readonly name: string;
    readonly age: unknown;
    readonly ethnicGroup: Named['code'];
    readonly organization: { readonly name: string };
  };
  readonly patients: readonly unknown[];
  readonly encounter: { readonly organizations: unknown };
  readonly nonXmlBody: unknown;
  readonly sections: readonly Section[];
}

test('reads header, sections and entries of a document', async () => {
  const { sections, patients, ...header } = await read(PROGRESS_NOTE);
  assert.deepEqual(patients, [header.patient]);
  const clinic = { ids: [{ root: '2.16.840.1.113883.19.5', extension: null }], name: 'Good Clinic' };
  assert.deepEqual(header, {
    id: { root: '2.16.840.1.113883.19', extension: 'note-1' },
    setId: { root: '2.16.840.1.113883.19.7', extension: 'set-1' },
    version: '2',
    templateIds: [{ root: '2.16.840.1.113883.10.20.22.1.9', extension: '2015-08-01' }],
    code: { code: '11506-3', system: '2.16.840.1.113883.6.1', systemName: 'LOINC', display: 'Progress note' },
    title: 'Progress note',
    time: '20260102030405+0800',
    confidentiality: { code: 'N', system: '2.16.840.1.113883.5.25', systemName: null, display: null },
    language: 'en-US',
    patient: {
      ids: [{ root: '2.16.840.1.113883.19.5', extension: '998991' }],
      name: 'Ada M Tester',
      gender: { code: 'F', system: '2.16.840.1.113883.5.1', systemName: null, display: null },
      birthTime: '19800102',
      age: null,
      maritalStatus: null,
      ethnicGroup: null,
      addresses: ['1 Test Street Testing'],
      telecoms: ['tel:+1-555-0100'],
      organization: null,
    },
    authors: [
      {
        time: '20260102',
        ids: [{ root: '2.16.840.1.113883.19.5', extension: 'D1' }],
        name: 'Henry Sample',
        device: null,
        organization: clinic,
      },
      {
        time: '20260102',
        ids: [{ root: null, extension: null, nullFlavor: 'NA' }],
        name: null,
        device: 'EHR 1',
        organization: null,
      },
    ],
    custodian: clinic,
    authenticators: [
      {
        isLegal: true,
        time: '20260103',
        signature: 'S',
        ids: [{ root: '2.16.840.1.113883.19.5', extension: 'D1' }],
        title: null,
        name: 'Henry Sample',
      },
    ],
    encounter: null,
    related: [{ type: 'RPLC', id: { root: '2.16.840.1.113883.19', extension: 'note-0' } }],
    nonXmlBody: null,
  });
  const results = sections[0]!;
  assert.equal(results.title, 'Results');
  assert.equal(results.text, 'Blood <b> potassium 4.0 was normal.\nNext week again.\nOne\nfirst\nsecond\nTest\nK\t4.0 mmol/L');
  const [battery, drug] = results.entries as [Statement, Statement];
  assert.deepEqual([battery.kind, battery.status, battery.code.display], ['organizer', 'completed', 'Electrolytes']);
  const potassium = battery.entries[0]!;
  assert.deepEqual(potassium.values, [{ type: 'PQ', value: '4.0', unit: 'mmol/L' }]);
  assert.deepEqual([potassium.text, potassium.referenceRange, potassium.interpretation.code], ['potassium 4.0', '3.5 to 5.1', 'N']);
  assert.deepEqual(drug.product, { code: { code: '833036', system: null, systemName: null, display: 'Captopril 25 mg' }, name: null });
  assert.deepEqual([drug.negated, drug.dose, drug.route.code], [true, { value: '1', unit: 'tablet' }, 'PO']);
  assert.deepEqual(drug.time, { value: null, start: '20260102', end: '20260109' });
  assert.deepEqual([results.sections[0]!.title, results.sections[0]!.html], ['Inner', 'plain text']);
});

test('writes the narrative as HTML that can load, style and run nothing', async () => {
  const { sections } = await read(PROGRESS_NOTE);
  assert.equal(
    sections[0]!.html.replace(/>\s+</g, '><'),
    '<p>Blood &lt;b&gt; <b>potassium 4.0</b> was <i>normal</i>.<br>Next week again.</p>' +
      '<ol><li><strong>One</strong> first</li><li>second</li></ol>' +
      '<table><thead><tr><th colspan="2">Test</th></tr></thead><tbody><tr><td>K</td><td>4.0 mmol/L</td></tr></tbody></table>',
  );
});

test('of any narrative, only the listed tags and spans are written', () => {
  const names = [
    'paragraph',
    'content',
    'script',
    'style',
    'img',
    'a',
    'linkHtml',
    'table',
    'td',
    'list',
    'item',
    'iframe',
    'svg',
    'constructor',
    'toString',
    'x',
  ];
  const attributes = [
    ' onload="x"',
    ' href="javascript:x"',
    ' src="http://x/"',
    ' style="x"',
    ' styleCode="Bold"',
    ' colspan="2"',
    ' rowspan="9&quot; x=&quot;"',
    ' listType="ordered"',
  ];
  const texts = ['&lt;script&gt;', '&amp;', '"', '甲', '<![CDATA[<script>x</script>]]>'];
  const tree = fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(...texts),
      fc
        .tuple(fc.constantFrom(...names), fc.uniqueArray(fc.constantFrom(...attributes)), fc.array(tie('node'), { maxLength: 4 }))
        .map(([name, some, inner]) => `<${name}${some.join('')}>${inner.join('')}</${name}>`),
    ),
  })).node;
  const allowed =
    /^(?:[^<>]|<\/?(?:p|span|li|sub|sup|small|table|thead|tbody|tfoot|tr|ol|ul|strong|b|i|u|em)>|<br>|<(?:td|th)(?: (?:colspan|rowspan)="\d{1,3}"){0,2}>|<\/t[dh]>)*$/;
  fc.assert(
    fc.property(tree, (inner) => assert.match(narrativeHtml(readTree(`<text>${inner}</text>`)), allowed)),
    { numRuns: 1000 },
  );
});

test('reads a document as the Chinese shared documents prescribe', async () => {
  const data = await read(OUTPATIENT_RECORD);
  assert.deepEqual([data.title, data.code.code, data.setId, data.version], ['门（急）诊病历', 'C0002', null, null]);
  assert.deepEqual(
    [data.patient.name, data.patient.age, data.patient.ethnicGroup.display],
    ['测试甲', { value: '26', unit: '岁' }, '汉族'],
  );
  assert.equal(data.patient.organization.name, '测试市第一医院');
  assert.deepEqual(data.encounter.organizations, ['内科一诊室', '内科', '测试市第一医院']);
  const [complaint, diagnosis] = data.sections as [Section, Section];
  assert.deepEqual(complaint.entries[0]!.values, [{ type: 'ST', value: '发热、咳嗽五日。' }]);
  const [code, isFirst] = diagnosis.entries[0]!.entries as [Statement, Statement];
  assert.deepEqual(code.values, [
    { type: 'CD', code: 'J11.101', system: '2.16.156.10011.2.3.3.11', systemName: null, display: '流行性感冒' },
  ]);
  assert.deepEqual(isFirst.values, [{ type: 'BL', value: 'true' }]);
});

test('reads GBK, other prefixes, and a body that is a PDF', async () => {
  const gbk = iconv.encode(OUTPATIENT_RECORD.replace('encoding="UTF-8"', 'encoding="GBK"'), 'gbk');
  assert.equal((await read(new Uint8Array(gbk))).patient.name, '测试甲');
  const pdf = `<v3:ClinicalDocument xmlns:v3="urn:hl7-org:v3"><v3:component><v3:nonXMLBody><v3:text mediaType="application/pdf" representation="B64">
    JVBE
    Ri0x</v3:text></v3:nonXMLBody></v3:component></v3:ClinicalDocument>`;
  assert.deepEqual((await read(pdf)).nonXmlBody, {
    mediaType: 'application/pdf',
    encoding: 'base64',
    content: 'JVBERi0x',
    reference: null,
  });
});

test('keeps every patient, and why an id or a name is absent', async () => {
  const target = (id: string, name: string) =>
    `<recordTarget><patientRole><id ${id}/><patient><name ${name}</name></patient></patientRole></recordTarget>`;
  const mother = target('root="1.2" extension="M"', '>测试母');
  const data = (await read(
    `<ClinicalDocument xmlns="urn:hl7-org:v3">${mother}${target('nullFlavor="NI"', 'nullFlavor="UNK">')}</ClinicalDocument>`,
  )) as unknown as { readonly patient: unknown; readonly patients: readonly Record<string, unknown>[] };
  assert.deepEqual(data.patient, data.patients[0]);
  assert.deepEqual(
    data.patients.map(({ ids, name, nameNullFlavor }) => ({ ids, name, nameNullFlavor })),
    [
      { ids: [{ root: '1.2', extension: 'M' }], name: '测试母', nameNullFlavor: undefined },
      { ids: [{ root: null, extension: null, nullFlavor: 'NI' }], name: null, nameNullFlavor: 'UNK' },
    ],
  );
});

test('what is no CDA document is refused, and never quoted', async () => {
  const wrong: readonly (readonly [unknown, string])[] = [
    ['<ClinicalDocument>张三</ClinicalDocument>', 'CDA_WRONG'],
    ['<r xmlns="urn:hl7-org:v3">张三</r>', 'CDA_WRONG'],
    ['<ClinicalDocument xmlns="urn:hl7-org:v3">张三</r>', 'XML_INVALID'],
    ['<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', 'XML_DOCTYPE'],
    ['', 'XML_INVALID'],
    ['<a>'.repeat(300), 'XML_TOO_DEEP'],
    [{ a: 1 }, 'XML_INPUT'],
  ];
  for (const [data, code] of wrong)
    await assert.rejects(runNode(parse, { data }), (error: Error & { code: string; kind: string }) => {
      assert.deepEqual([error.code, error.kind], [code, 'input']);
      return !error.message.includes('张三');
    });
});

test('reads 10 MB while others go on, and a cancel ends it', async () => {
  const section = `<component><section><title>长</title><text>${`<paragraph>${'长'.repeat(300)}</paragraph>`.repeat(10)}</text></section></component>`;
  const data = `<ClinicalDocument xmlns="urn:hl7-org:v3"><component><structuredBody>${section.repeat(1_000)}</structuredBody></component></ClinicalDocument>`;
  const outcome = await whileOthersGoOn(parse, { data });
  assert.ok('emit' in outcome);
  assert.equal((outcome.emit!['ok']![0]!.data as { sections: unknown[] }).sections.length, 1_000);
  await endsOnCancel(parse, { data });
});

async function read(data: unknown): Promise<Read> {
  const outcome = await runNode(parse, { data });
  assert.ok('emit' in outcome);
  return outcome.emit!['ok']![0]!.data as Read;
}

test('many entries that refer to one long narrative are refused, and some are read', async () => {
  const documentOf = (length: number, entries: number) =>
    `<ClinicalDocument xmlns="urn:hl7-org:v3"><component><structuredBody><component><section><text><content ID="a">${'x'.repeat(length)}</content></text>${'<entry><observation><text><reference value="#a"/></text></observation></entry>'.repeat(entries)}</section></component></structuredBody></component></ClinicalDocument>`;
  await assert.rejects(runNode(parse, { data: documentOf(200_000, 2000) }), (error: AppError) => {
    assert.deepEqual([error.code, error.kind, error.values['problem']], ['PARSE_TOO_COSTLY', 'input', 'narrative']);
    return true;
  });
  await assert.rejects(runNode(parse, { data: documentOf(7_000_000, 10) }), { code: 'PARSE_TOO_COSTLY' });
  const outcome = await runNode(parse, { data: documentOf(20_000, 200) });
  assert.ok('emit' in outcome);
  const { sections } = outcome.emit!['ok']![0]!.data as { sections: { entries: { text: string }[] }[] };
  assert.ok(sections[0]!.entries.every(({ text }) => text.length === 20_000));
});
