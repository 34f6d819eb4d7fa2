import { defineAdapter } from '../../engine/contract/node/adapter-type.ts';
import { httpAdapterFields } from '../shared/http/adapter-fields.ts';

export default defineAdapter({
  protocol: 'http',
  icon: 'globe',
  text: {
    label: { 'zh-CN': 'HTTP / REST', en: 'HTTP / REST' },
    help: { 'zh-CN': '以 JSON、XML 或表单提供 REST 接口的系统。', en: 'A system with REST interfaces: JSON, XML or forms.' },
    usedFor: { 'zh-CN': 'HIS、LIS、EMR 的接口，云服务，微服务', en: 'interfaces of HIS, LIS and EMR, cloud services, microservices' },
    words: 'REST API OAuth',
  },
  ...httpAdapterFields,
  hasCharset: true,
});
