import { Type } from 'typebox';
import { definePolicy } from '../../contract.ts';
import { refuse } from '../../errors.ts';

/** Refuses calls of an interface that is offline, or whose service is offline. */
export default definePolicy({
  name: 'state',
  stage: 'state',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '接口与服务状态', en: 'State of interface and service' },
    help: {
      'zh-CN': '已下线的接口返回 GW40403；所属服务已下线时返回 GW40402。',
      en: 'An interface that is offline returns GW40403; one whose service is offline returns GW40402.',
    },
  },
  options: Type.Object({}, { additionalProperties: false }),
  isDefault: () => true,
  isOptional: () => false,
  compile(_options, target) {
    const { state, serviceId } = target!;
    if (state === 'offline') return () => refuse('GW40403');
    if (serviceId === undefined) return undefined;
    return (exchange) => {
      const service = exchange.plan.service(serviceId);
      if (service?.state === 'online') return undefined;
      if (service === undefined) exchange.note({ policy: 'state', where: serviceId, what: 'service-missing' });
      return refuse('GW40402');
    };
  },
});
