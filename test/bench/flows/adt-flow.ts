/** The durable flow of the bench: an HL7 admission is converted to JSON and sent over HTTP, six nodes; in order for each patient, deduped by MSH-10. */
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { lineOf } from './build-flow.ts';

const text = (path: string) => ({ path: `data.${path}` });

/** The same, with the messages from a queue or topic, whose sender names the patient in a header. */
export function adtFromBroker(flowId: string, destination: string): FlowDocument {
  const flow = adtFlow(flowId);
  const [listen, ...rest] = flow.nodes;
  const config = { destination, form: 'text', identity: 'message-id', window: 256 };
  const { keys: _keys, ...ingress } = flow.ingress!;
  return {
    ...flow,
    nodes: [{ ...listen!, type: 'messaging.consume@1', adapter: 'adp_broker', config }, ...rest],
    ingress: { ...ingress, dedupe: { key: 'headers."message-id"', windowSec: 86_400 }, lane: { key: 'headers.patient' } },
  };
}

export function adtFlow(flowId: string): FlowDocument {
  return lineOf(
    flowId,
    'durable',
    [
      [{ id: 'n_listen', type: 'mllp.listen@1', adapter: 'adp_feed', config: { keys: { patient: 'PID-3.1', message: 'MSH-10' } } }, 'out'],
      [{ id: 'n_parse', type: 'hl7.parse@2', config: { types: ['ADT'] } }, 'ok'],
      [
        {
          id: 'n_kind',
          type: 'control.condition@1',
          config: {
            branches: [
              {
                port: 'admit',
                label: { 'zh-CN': '入院', en: 'Admission' },
                when: { left: text('MSH[0].f9[0].c2'), op: 'eq', right: { value: 'A01' } },
              },
            ],
          },
        },
        'admit',
      ],
      [
        {
          id: 'n_map',
          type: 'transform.map@1',
          config: {
            mapping: {
              rules: [
                { to: 'noticeId', from: text('MSH[0].f10[0].c1'), required: true },
                { to: 'patientId', from: text('PID[0].f3[0].c1'), required: true },
                { to: 'patient.name', from: text('PID[0].f5[0].c1') },
                { to: 'patient.sex', from: text('PID[0].f8[0].c1') },
                { to: 'occurredAt', from: { fn: 'parseDate', args: [text('EVN[0].f2[0].c1'), { value: 'yyyyMMddHHmmss' }] } },
                { to: 'ward', from: text('PV1[0].f3[0].c1') },
                { to: 'bed', from: text('PV1[0].f3[0].c3') },
                { to: 'visitId', from: text('PV1[0].f19[0].c1') },
              ],
            },
          },
        },
        'ok',
      ],
      [{ id: 'n_set', type: 'transform.set@1', config: { fields: [{ to: 'data.hospital', from: { value: 'C' } }] } }, 'ok'],
      [
        { id: 'n_post', type: 'http.call@1', adapter: 'adp_district', config: { method: 'POST', path: '/admissions', idempotent: true } },
        'ok',
      ],
    ],
    {
      deadlineMs: 3_600_000,
      ingress: {
        dedupe: { key: 'keys.message', windowSec: 86_400 },
        lane: { key: 'keys.patient' },
        ack: 'after-persist',
        keys: { patient: 'keys.patient', message: 'keys.message' },
      },
      recording: { level: 'full', retainDays: 1 },
    },
  );
}
