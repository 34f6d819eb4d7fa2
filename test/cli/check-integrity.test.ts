import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkIntegrity } from '../../cli/doctor/check-integrity.ts';
import type { IntegrityView } from '../../control/integrity/integrity.ts';

const good: IntegrityView = { isEnforced: true, findings: [], breaks: [], older: [] };
const look = async (view: IntegrityView | Error) =>
  (await checkIntegrity({ call: () => (view instanceof Error ? Promise.reject(view) : Promise.resolve(view)) })).map(
    ({ state, what }) => `${state}: ${what.en}`,
  );

test('the doctor names what control found: a refused trail, broken lines, a missing head, changed documents', async () => {
  assert.deepEqual(await look(good), ['good: the integrity of the store has no problems']);
  assert.deepEqual(
    await look({
      ...good,
      trail: { why: 'broken', lines: 20, line: 7 },
      headMissingSince: 1,
      breaks: [
        { number: 7, to: 9, why: 'missing', isAccepted: false },
        { number: 3, to: 3, why: 'changed', isAccepted: true },
      ],
      findings: [{ collection: 'accounts', id: 'li', why: 'old', seenAt: 1 }],
    }),
    [
      'wrong: the audit trail is refused: the store is read only, and no messages are processed',
      'wrong: the audit trail, line 7–9: missing',
      'wrong: the signed head of the audit trail is missing',
      'wrong: 1 document(s) were changed outside Kangqiao and are not used',
    ],
  );
});

test('an account that may not see it gets a hint', async () => {
  assert.deepEqual(await look(new Error('403')), ['hint: the integrity of the store cannot be read']);
});
