/** The forms of adapters, interfaces and apps know every field of their documents, and what keeps one from being saved. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldsOf } from '../../designer/src/kit/form/field-schema.ts';
import { suggestedId, withSuggestedId } from '../../designer/src/kit/document/suggested-id.ts';
import { adapterProblems, newAdapter, ABOUT_NEW, CHARSET } from '../../designer/src/pages/adapters/adapter-schema.ts';
import { APP_FIELDS, appProblems, wholeApp } from '../../designer/src/pages/callers/app-schema.ts';
import { newRuleSet, RULE_SET_NEW, ruleSetProblems, wholeRuleSet } from '../../designer/src/pages/security/rule-set-schema.ts';
import { entriesOf } from '../../designer/src/pages/tables/table-rows.ts';
import {
  interfaceProblems,
  newInterface,
  OTHER_FIELDS,
  SECTIONS,
  withFrontPath,
  wholeInterface,
} from '../../designer/src/pages/interfaces/interface-schema.ts';
import type { Content } from '../../designer/src/kit/document/content.ts';
import { textOfFile } from '../../designer/src/kit/table/text-of-file.ts';
import { sampleOf } from '../../designer/src/model/schema/schema-sample.ts';
import { AdapterDocument } from '../../engine/contract/node/adapter.ts';
import { AppDocument } from '../../gateways/documents/caller-documents.ts';
import { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import { ObjectRuleSet } from '../../gateways/documents/object-rules.ts';
import { createCheckedSchema } from '../../gateways/shared/create-checked-schema.ts';

const name = { 'zh-CN': '名称', en: 'Name' };
const namesOf = (...schemas: Parameters<typeof fieldsOf>) => schemas.flatMap((schema) => fieldsOf(schema)).map((field) => field.name);

test('every field of the documents stands in one section of its form', () => {
  const { about: _about, ...sections } = SECTIONS;
  assert.deepEqual(
    [...Object.values(sections).flatMap((section) => namesOf(section)), ...OTHER_FIELDS].toSorted(),
    Object.keys(InterfaceDocument.properties).toSorted(),
  );
  assert.deepEqual(
    [...namesOf(ABOUT_NEW), ...namesOf(CHARSET), 'credential', 'environments', 'limits', 'protocol', 'revision'].toSorted(),
    Object.keys(AdapterDocument.properties).toSorted(),
  );
  assert.deepEqual([...namesOf(RULE_SET_NEW), 'revision'].toSorted(), Object.keys(ObjectRuleSet.properties).toSorted());
  assert.deepEqual([...namesOf(APP_FIELDS), 'appId', 'revision'].toSorted(), Object.keys(AppDocument.properties).toSorted());
});

test('a new rule set is saved when it has a name and an id', () => {
  const fixed = { revision: 0 };
  assert.ok(ruleSetProblems(newRuleSet('sh-city'), fixed, 'en').length > 0);
  const content = { ...newRuleSet('sh-city'), name, ruleSetId: 'ors_a' };
  assert.deepEqual(ruleSetProblems(content, fixed, 'en'), []);
  assert.deepEqual(
    ruleSetProblems({ ...content, rules: [] }, fixed, 'en').map(({ pointer }) => pointer),
    ['/rules'],
  );
  assert.equal(wholeRuleSet(content, fixed).match, 'all');
});

test('a new interface is saved when it has id, name, domain and a target, with every default filled in', () => {
  const fixed = { revision: 0 };
  assert.ok(interfaceProblems(newInterface('sh-city'), fixed, 'en').length > 0);
  const target = { kind: 'flow', flowId: 'flw_a' };
  const { timeoutMs: _timeout, ...content }: Content = { ...newInterface('sh-city'), interfaceId: 'ifc_a', name, domain: 'd', target };
  assert.deepEqual(interfaceProblems(content, fixed, 'en'), []);
  assert.equal(wholeInterface(content, fixed).timeoutMs, 5000);
  assert.equal(wholeInterface(content, fixed).state, 'offline');
});

test('the path of a new interface follows its front until somebody writes one', () => {
  const start = newInterface('sh-city');
  assert.equal(withFrontPath(start, { ...start, front: 'bus' })['path'], '/bus/v1/');
  const written = { ...start, path: '/open/v1/mine' };
  assert.equal(withFrontPath(written, { ...written, front: 'bus' })['path'], '/open/v1/mine');
});

test('an adapter is wrong while a setting of any environment is, and without a type when its document is', () => {
  const content = { ...newAdapter('http', 'TEST', 'sh-city'), adapterId: 'adp_a', name, owner: 'o', domain: 'd' };
  const settings = { type: 'object', required: ['baseUrl'], properties: { baseUrl: { type: 'string', minLength: 1 } } };
  const type = { protocol: 'http', icon: 'globe', text: { label: name, help: name }, settings, hasCharset: false, canProbe: true };
  const good = { baseUrl: 'http://a' };
  const wrongAt = (changed: Content, ...[id, of]: [string | undefined, typeof type | undefined]) =>
    adapterProblems({ ...content, ...changed }, id, of, 'en').map(({ pointer }) => pointer);
  assert.deepEqual(wrongAt({}, undefined, type), ['/environments/TEST/baseUrl']);
  assert.deepEqual(wrongAt({ environments: { TEST: good } }, undefined, type), []);
  assert.deepEqual(wrongAt({ environments: { TEST: good, 'U/AT': {} } }, undefined, type), ['/environments/U~1AT/baseUrl']);
  assert.deepEqual(wrongAt({}, undefined, undefined), []);
  assert.deepEqual(wrongAt({ environments: { TEST: 7 } }, undefined, type), ['/environments/TEST']);
  assert.deepEqual(wrongAt({ owner: 3 }, 'adp_a', undefined), ['/owner']);
});

test('an app takes the usual clock tolerance unless it names one', () => {
  const fixed = { revision: 0, state: 'active' };
  const content = { appId: 'A1', name, caller: 'c', domain: 'd' };
  assert.deepEqual(appProblems(content, fixed, 'en'), []);
  assert.equal(wholeApp(content, fixed).windowSec, 300);
});

test('an id follows the English name until somebody writes another', () => {
  assert.equal(suggestedId('adp_', { 'zh-CN': '甲', en: ' Hospital A: HIS! ' }), 'adp_hospital_a_his');
  assert.equal(suggestedId('adp_', { 'zh-CN': '甲', en: '' }), undefined);
  const typed = withSuggestedId({}, { name: { en: 'One' } }, 'id', 'x_');
  assert.equal(typed['id'], 'x_one');
  assert.equal(withSuggestedId(typed, { ...typed, name: { en: 'Two' } }, 'id', 'x_')['id'], 'x_two');
  const own = { ...typed, id: 'mine' };
  assert.equal(withSuggestedId(own, { ...own, name: { en: 'Two' } }, 'id', 'x_')['id'], 'mine');
});

test('the sample body of a schema fits the schema', () => {
  const schema = {
    type: 'object',
    required: ['hospital', 'date', 'patient', 'items'],
    additionalProperties: false,
    properties: {
      hospital: { type: 'string', minLength: 1, maxLength: 2 },
      date: { type: 'string', format: 'date' },
      period: { enum: ['AM', 'PM'] },
      items: { type: 'array', minItems: 1, items: { type: 'integer', minimum: 3 } },
      patient: {
        type: 'object',
        required: ['id'],
        properties: { id: { type: 'string', pattern: '^P[0-9]{6}$' }, ok: { type: 'boolean' } },
      },
    },
  };
  assert.equal(createCheckedSchema(schema).check(sampleOf(schema, 'required')), undefined);
});

test('the line of titles of an export is no row, and a file that Excel wrote in GBK is read', () => {
  const lines = [
    ['代码', '译为'],
    ['01', '内科'],
    ['代码', '译为'],
    ['', 'nothing'],
  ];
  assert.deepEqual(entriesOf(lines, [['代码', '译为']]), { '01': '内科', 代码: '译为' });
  assert.equal(textOfFile(Uint8Array.from([0xc4, 0xda, 0xbf, 0xc6])), '内科');
  assert.equal(textOfFile(new TextEncoder().encode('内科')), '内科');
});

test('what keeps a document from being saved is named as its form names it', () => {
  const content = { ...newAdapter('http', 'dev', 'sh-city'), name, owner: 3 };
  const labels = adapterProblems(content, 'adp_a', undefined, 'zh-CN').map(({ pointer, label }) => [pointer, label]);
  assert.deepEqual(labels, [['/owner', '负责方']]);
});
