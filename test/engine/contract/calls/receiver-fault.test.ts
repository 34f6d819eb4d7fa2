import assert from 'node:assert/strict';
import { test } from 'node:test';
import { valueRefused } from '../../../../nodes/database/drivers/errors.ts';
import { REFUSALS, type RefusalReason } from '../../../../nodes/database/drivers/value-refusals.ts';
import { isReceiverFault, markReceiverFault } from '../../../../engine/contract/calls/receiver-fault.ts';
import { toErrorRecord, type ErrorRecord } from '../../../../engine/contract/values/errors.ts';

const isFault = (code: string, more: Partial<ErrorRecord> = {}) =>
  isReceiverFault(markReceiverFault({ code, kind: 'input', message: '', ...more }));

test('of a call, errors are faults of the receiver unless the data of the message can have caused them', () => {
  for (const code of [
    'HTTP_PAGES_TOO_MANY',
    'HTTP_REDIRECTED',
    'HTTP_UNEXPECTED',
    'HTTP_TOO_LARGE',
    'CHARSET_INVALID_BYTES',
    'JSON_INVALID',
  ])
    assert.ok(isFault(code), code);
  for (const code of [
    'SOAP_ANSWER',
    'SOAP_SIGNATURE',
    'SOAP_CREDENTIAL',
    'FHIR_PAGE_WRONG',
    'FHIR_ANSWER_UNREADABLE',
    'MLLP_CREDENTIAL_WRONG',
  ])
    assert.ok(isFault(code), code);
  for (const code of ['DATABASE_TOO_MANY_ROWS', 'MESSAGING_DESTINATION_UNKNOWN', 'FILE_REFUSED', 'MAIL_NO_SERVER', 'CRYPTO_KEY_INVALID'])
    assert.ok(isFault(code), code);
  for (const code of ['HTTP_REFUSED', 'HTTP_VALUE_REFUSED', 'SOAP_FAULT', 'FHIR_REFUSED', 'MLLP_REFUSED', 'MAIL_ADDRESS', 'FILE_MISSING'])
    assert.ok(!isFault(code), code);
  for (const code of [
    'CHARSET_UNENCODABLE',
    'DATABASE_CONSTRAINT',
    'MESSAGING_VALUE',
    'EXPRESSION_FAILED',
    'MAP_SOURCE_MISSING',
    'HL7_MALFORMED',
    'CRYPTO_INPUT',
  ])
    assert.ok(!isFault(code), code);
});

test('a called flow that is missing or does too much is a fault of the receiver', () => {
  for (const code of ['SUBFLOW_MISSING', 'SUBFLOW_TOO_DEEP', 'SUBFLOW_CHANGES_MORE'])
    assert.ok(isReceiverFault({ code, kind: 'input', message: '' }), code);
});

test('a statement that a database refuses is at fault, unless only its values can be', () => {
  assert.ok(isFault('DATABASE_STATEMENT_REFUSED', { values: { problem: 'message', message: 'no such table', code: '1' } }));
  assert.ok(isFault('DATABASE_STATEMENT_REFUSED', { values: { problem: 'read-only', code: '8' } }));
  for (const reason of Object.keys(REFUSALS) as RefusalReason[])
    assert.ok(!isReceiverFault(markReceiverFault(toErrorRecord(valueRefused({ code: '22P02', reason }, undefined)))), reason);
});

test('what the author of a flow or a node type wrote, and errors of other kinds, stay as they are', () => {
  assert.ok(!isFault('HTTP_TOO_LARGE', { text: { 'zh-CN': '太大', en: 'Too large' } }));
  for (const kind of ['transient', 'unknown-outcome', 'bug'] as const) assert.ok(!isFault('HTTP_TOO_LARGE', { kind }));
});
