import { Type } from 'typebox';
import { fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy } from '../../contract.ts';
import { Domain } from '../../documents/document-fields.ts';
import { refuse } from '../../errors.ts';

/**
 * Refuses apps of foreign domains, also those with a grant, if the interface or its service limits who may call. Apps of
 * the interface's own domain may always call. On the user front all citizens share one app, so there is no such limit.
 */
export default definePolicy({
  name: 'caller-domain',
  stage: 'grant',
  fronts: ['open', 'bus'],
  text: {
    label: { 'zh-CN': '服务域隔离', en: 'Isolation of domains' },
    help: {
      'zh-CN': '本接口或所属服务限定了调用方的服务域时，其他服务域的应用返回 GW40303。',
      en: 'If the interface or its service limits the domains of callers, apps of other domains get GW40303.',
    },
  },
  options: Type.Object(
    {
      domains: Type.Optional(
        Type.Array(Domain, {
          ...fieldText(
            '允许调用的其他服务域',
            'Other domains that may call',
            '本服务域的应用总可以调用。不填时只看所属服务的规定；填写空列表则只允许本服务域。',
            'Apps of its own domain may always call. If left out, only the limit of the service applies; an empty list allows only its own domain.',
          ),
          maxItems: 100,
          uniqueItems: true,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  isDefault: () => true,
  isOptional: () => false,
  compile({ domains }, target) {
    const { domain, serviceId } = target!;
    if (domains === undefined && serviceId === undefined) return undefined;
    return ({ app, plan }) => {
      const from = app?.domain;
      if (from === undefined || from === domain) return undefined;
      const ofService = serviceId === undefined ? undefined : plan.service(serviceId)?.callerDomains;
      const isForeign = domains?.includes(from) === false || ofService?.includes(from) === false;
      return isForeign ? refuse('GW40303') : undefined;
    };
  },
});
