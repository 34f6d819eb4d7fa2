import { defineAdapter } from '../../engine/contract/node/adapter-type.ts';
import { httpAdapterFields } from '../shared/http/adapter-fields.ts';

export default defineAdapter({
  protocol: 'fhir',
  icon: 'flame',
  text: {
    label: { 'zh-CN': 'FHIR R4', en: 'FHIR R4' },
    help: { 'zh-CN': 'FHIR R4 服务器；地址填其根地址。', en: 'A FHIR R4 server; the address is its base URL.' },
    usedFor: { 'zh-CN': 'FHIR 服务器，区域健康档案', en: 'FHIR servers, regional health records' },
    words: 'OAuth SMART',
  },
  ...httpAdapterFields,
});
