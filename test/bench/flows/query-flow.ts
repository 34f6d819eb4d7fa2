/** The sync flow of the bench: map ten fields (a rename, a condition, a date), POST, map five fields, reply. */
import type { FlowDocument, FlowNode } from '../../../engine/contract/flow/flow-document.ts';
import type { MappingRule } from '../../../nodes/shared/mapping/mapping-document.ts';
import { lineOf } from './build-flow.ts';

const body = (path: string) => ({ path: `data.body.${path}` });

const toHospital: readonly MappingRule[] = [
  { to: 'patientId', from: body('patient.id'), required: true },
  { to: 'patientName', from: body('patient.name') },
  { to: 'cardNo', from: body('patient.card') },
  { to: 'mobile', from: body('patient.mobile') },
  { to: 'deptCode', from: body('department') },
  { to: 'doctorId', from: body('doctor') },
  { to: 'visitDate', from: { fn: 'convertDate', args: [body('date'), { value: 'yyyy-MM-dd' }, { value: 'yyyyMMdd' }] } },
  { to: 'period', from: body('period') },
  { to: 'urgent', from: { value: 'Y' }, when: { left: body('priority'), op: 'gte', right: { value: 3 } } },
  { to: 'source', from: { value: 'BUS' } },
];

const fromHospital: readonly MappingRule[] = [
  { to: 'registrationNo', from: { path: 'data.regNo' }, required: true },
  { to: 'state', from: { path: 'data.status' } },
  { to: 'fee', from: { path: 'data.amount' } },
  { to: 'room', from: { path: 'data.place.room' } },
  { to: 'queue', from: { path: 'data.place.queue' } },
];

/** `reads`: the POST is declared to change nothing. Else the flow stores itself with the intent before it. `hasScript`: one code node more. */
export function queryFlow(flowId: string, options: { readonly reads: boolean; readonly hasScript?: boolean }): FlowDocument {
  const script: [Omit<FlowNode, 'label'>, string] = [
    { id: 'n_script', type: 'code.run@1', config: { source: 'return { ...message.data, fee: Number(message.data.fee) };' } },
    'ok',
  ];
  return lineOf(flowId, 'sync', [
    [{ id: 'n_in', type: 'interface.call@1', config: {} }, 'out'],
    [{ id: 'n_to', type: 'transform.map@1', config: { mapping: { rules: toHospital } } }, 'ok'],
    [
      { id: 'n_post', type: 'http.call@1', adapter: 'adp_hospital', config: { method: 'POST', path: '/query', reads: options.reads } },
      'ok',
    ],
    [{ id: 'n_from', type: 'transform.map@1', config: { mapping: { rules: fromHospital } } }, 'ok'],
    ...(options.hasScript === true ? [script] : []),
    [{ id: 'n_reply', type: 'control.reply@1', config: {} }, 'out'],
  ]);
}

export const QUERY = {
  patient: { id: 'P000123', name: '测试甲', card: 'C-3301-0098', mobile: '13800000000' },
  department: '0301',
  doctor: 'D-0042',
  date: '2026-03-05',
  period: 'AM',
  priority: 3,
};

export const HOSPITAL_ANSWER = {
  regNo: 'R-20260305-0017',
  status: 'BOOKED',
  amount: '25.00',
  place: { room: 'B-301', queue: 7 },
  extra: { hint: 'bring your card' },
};
