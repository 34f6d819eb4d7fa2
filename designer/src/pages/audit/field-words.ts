/** Labels for the fields of the audit trail. */
import { isText } from '../../model/schema/is-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { inUnit, unitOf } from '../../model/schema/in-unit.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import type { FieldWords } from './changed-fields.ts';
import { useActionName } from './use-action-name.ts';

const TEXTS = defineTexts({
  name: ['名称', 'Name'],
  'zh-CN': ['中文', 'Chinese'],
  en: ['英文', 'English'],
  description: ['说明', 'Description'],
  domain: ['服务域', 'Domain'],
  domains: ['服务域', 'Domains'],
  sharedWith: ['共享给', 'Shared with'],
  owner: ['负责人', 'Owner'],
  protocol: ['协议', 'Protocol'],
  environments: ['环境', 'Environments'],
  settings: ['参数', 'Settings'],
  limits: ['限额', 'Limits'],
  credential: ['凭据', 'Credential'],
  baseUrl: ['地址', 'Address'],
  host: ['主机', 'Host'],
  port: ['端口', 'Port'],
  timeoutMs: ['超时', 'Time limit'],
  nodes: ['节点', 'Nodes'],
  edges: ['连线', 'Wires'],
  config: ['配置', 'Configuration'],
  handling: ['处理方式', 'Handling'],
  adapter: ['适配器', 'Adapter'],
  label: ['名称', 'Label'],
  disabled: ['停用', 'Disabled'],
  tests: ['测试用例数', 'Test cases'],
  mode: ['模式', 'Mode'],
  deadlineMs: ['时限', 'Deadline'],
  tags: ['标签', 'Tags'],
  ingress: ['接入', 'Ingress'],
  recording: ['留存', 'Recording'],
  entries: ['条目', 'Entries'],
  size: ['条目数', 'Number of entries'],
  revision: ['保存次数', 'Revision'],
  version: ['版本', 'Version'],
  state: ['状态', 'State'],
  scheme: ['算法', 'Algorithm'],
  fingerprint: ['指纹', 'Fingerprint'],
  uploadedBy: ['上传人', 'Uploaded by'],
  connect: ['可访问的系统', 'Systems it may reach'],
  publisher: ['发布者', 'Publisher'],
  digest: ['摘要', 'Digest'],
  roles: ['角色', 'Roles'],
  rights: ['权限', 'Rights'],
  front: ['网关', 'Front'],
  method: ['方法', 'Method'],
  path: ['路径', 'Path'],
  policies: ['策略', 'Policies'],
  target: ['目标', 'Target'],
  expiresAt: ['到期时间', 'Ends'],
  appId: ['应用', 'App'],
  interfaceId: ['接口', 'Interface'],
  total: ['总数', 'In all'],
  handled: ['已处理', 'Handled'],
  done: ['已执行', 'Done'],
  action: ['操作', 'Act'],
  subject: ['对象', 'About'],
  by: ['申请人', 'Requested by'],
  accept: ['同意', 'Accepted'],
  requestId: ['申请编号', 'Request'],
  yes: ['是', 'Yes'],
  no: ['否', 'No'],
  '…': ['未列出的修改', 'Changes not listed'],
});

/**
 * Returns labels for fields, such as `环境 › PROD › 地址`, as the forms show them. Names that users chose are not
 * translated. Values are shown with units and labels, as in the forms.
 */
export function useFieldWords(): FieldWords {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  const actionName = useActionName();
  return {
    nameOf: (path) => path.map((step) => (Object.hasOwn(TEXTS, step) ? t(step as keyof typeof TEXTS) : step)).join(' › '),
    valueOf(path, value) {
      const name = path.at(-1);
      if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
      if (typeof value === 'number') return unitOf(name) === undefined ? String(value) : inUnit(value, unitOf(name), format);
      if (typeof value === 'string') return name === 'action' ? actionName(value) : value;
      return isText(value) ? text(value) : JSON.stringify(value);
    },
    isOpened: () => false,
  };
}
