import type { NodeSample } from '../../../engine/contract/node/node.ts';

/** An HL7 v2 message for trying out nodes. */
export const admission: NodeSample = {
  name: { 'zh-CN': '入院 ADT^A01', en: 'Admission ADT^A01' },
  mediaType: 'application/hl7-v2',
  data: [
    'MSH|^~\\&|HIS|HOSPITAL-X|BUS|CITY|20260601083000||ADT^A01|MSG00001|P|2.5.1',
    'EVN|A01|20260601083000',
    'PID|1||P000001^^^HOSPITAL-X||测试甲||19900101|F',
    'PV1|1|I|W01^101^1',
  ].join('\r'),
};
