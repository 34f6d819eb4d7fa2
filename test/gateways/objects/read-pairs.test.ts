import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InterfaceDocument } from '../../../gateways/documents/interface-document.ts';
import { findPair, splitPairs } from '../../../gateways/objects/read-pairs.ts';
import { buildInterface } from '../support/city-plan.ts';
import { callGateway } from '../support/start-gateway.ts';
import { startObjectLab } from './object-lab.ts';

/** Names that PHP, Rails, qs, Spring, ASP.NET, Java or a form decoder takes for `patient_id`. */
const LOOKALIKES = [
  ...['patient+id', '+patient_id', '%20patient_id', 'patient.id', 'patient%20id', 'patient%2bid', '%09patient_id', 'patient_id%00x'],
  ...['patient[id', 'patient%5bid', 'patient[id]', 'patient_id[]', 'patient_id[0]', 'patient_id%5B%5D', 'patient_id[x][y]'],
  ...['[patient_id]', '!patient_id', 'PATIENT_ID', 'Patient_Id', 'pat%C4%B1ent_id', 'pat%C4%B0ent_id'],
  ...['%EF%BD%90atient_id', 'patient_%E2%80%8Bid', 'patient%255fid', 'patient_id+', 'patient_id'],
];
const OTHERS = ['patient', 'patient_id2', 'id', 'patient_idx[]', 'patient-id', 'x[patient_id]', '_', '[]'];

test('a second name that some reader takes for the name of a rule is refused, in a query, a form and multipart', async () => {
  const lab = await startObjectLab(
    (service) =>
      ['query', 'form'].map((carrier) =>
        buildInterface({
          ...{ interfaceId: `ifc_${carrier}`, front: 'user', path: `/user/${carrier}` },
          target: { kind: 'upstream', instances: [service] },
          policies: { 'object-access': { rules: [{ locator: `${carrier}:patient_id`, subject: 'token.uid', op: 'eq' }] } },
        } as Partial<InterfaceDocument>),
      ),
    { claims: { uid: 'P1' } },
  );
  const post = async (target: string, body: string, type = 'application/x-www-form-urlencoded') => {
    const headers = { authorization: `Bearer ${lab.token}`, 'content-type': type };
    return (await callGateway(lab.gateway, { method: 'POST', target, headers, body })).status;
  };
  const part = (name: string, value: string) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const multipart = (name: string) =>
    post('/user/form', `${part('patient_id', 'P1')}${part(decodeURIComponent(name), 'P2')}--b--`, 'multipart/form-data; boundary=b');
  try {
    for (const name of LOOKALIKES) {
      assert.equal(await post(`/user/query?patient_id=P1&${name}=P2`, ''), 400, `query ${name}`);
      assert.equal(await post(`/user/query?${name}=P2&patient_id=P1`, ''), 400, `query, first ${name}`);
      assert.equal(await post('/user/form', `patient_id=P1&${name}=P2`), 400, `form ${name}`);
      assert.equal(await post(`/user/form?${name}=P2`, 'patient_id=P1'), 400, `form and query ${name}`);
      if (!name.includes('%00')) assert.equal(await multipart(name), 400, `multipart ${name}`);
    }
    assert.deepEqual(lab.seen, []);
    for (const name of OTHERS) {
      assert.equal(await post(`/user/query?patient_id=P1&${name}=P2`, ''), 200, `query ${name}`);
      assert.equal(await post('/user/form', `patient_id=P1&${name}=P2`), 200, `form ${name}`);
      assert.equal(await multipart(name), 200, `multipart ${name}`);
    }
    assert.equal(await post(`/user/query?patient_id=P1&${'n'.repeat(1025)}=1`, ''), 400);
  } finally {
    await lab.close();
  }
});

test('a space at the end is an underscore for PHP, and nothing for others', () => {
  for (const name of ['card_', 'card'])
    assert.deepEqual(findPair(splitPairs(`${name}=P1&card+=P2`, false)!, name), { kind: 'ambiguous' }, name);
});
