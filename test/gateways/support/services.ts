import type { ServiceDocument } from '../../../gateways/documents/service-document.ts';

/** A service of the domain of `buildInterface`. */
export function buildService(fields: Partial<ServiceDocument> = {}): ServiceDocument {
  return {
    ...{ serviceId: 'svc_orders', revision: 1, name: { 'zh-CN': '订单', en: 'Orders' }, domain: 'city', state: 'online' },
    ...fields,
  };
}
