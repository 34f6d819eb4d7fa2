import { Type, type Static } from 'typebox';
import { PLAIN_LINE } from '../../engine/contract/values/plain-text.ts';
import { Revision } from '../../engine/contract/values/revision.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { closed, Domain, Id, Name } from './document-fields.ts';

/** A service that interfaces belong to. Its interfaces are taken offline and online together. */
export const ServiceDocument = Type.Object(
  {
    serviceId: Id('svc', fieldText('编号', 'Id', 'svc_ 开头；接口按它引用，保存后不能更改。', 'Begins with svc_; interfaces name it.')),
    revision: Revision,
    name: Name(),
    domain: Domain,
    state: Type.Union([Type.Literal('online'), Type.Literal('offline')], {
      ...fieldText('状态', 'State', '下线后，它的所有接口返回 GW40402。', 'While it is offline, all its interfaces return GW40402.', {
        options: { online: ['在线', 'Online'], offline: ['已下线', 'Offline'] },
      }),
    }),
    group: Type.Optional(
      Type.String({
        ...fieldText('分组', 'Group', '例如 门诊、检验；只用于查找。', 'For finding it, such as outpatients or laboratory.'),
        minLength: 1,
        maxLength: 64,
        pattern: PLAIN_LINE,
      }),
    ),
    callerDomains: Type.Optional(
      Type.Array(Domain, {
        ...fieldText(
          '允许调用的其他服务域',
          'Other domains that may call',
          '本服务域的应用总可以调用。不填时不限；填写后，其他服务域的应用返回 GW40303，即使已有授权。',
          'Apps of its own domain may always call. If left out, there is no limit; otherwise apps of other domains get GW40303, also with a grant.',
        ),
        maxItems: 100,
        uniqueItems: true,
      }),
    ),
  },
  closed,
);
export type ServiceDocument = Static<typeof ServiceDocument>;
