/** What the events of the topics mean, in words. */
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useEventWords } from '../gateways/event-words.ts';

export const TOPIC_TEXTS = defineTexts({
  management: ['总线管理', 'Management'],
  lifecycle: ['服务生命周期', 'Service lifecycle'],
  monitoring: ['服务监控', 'Service monitoring'],
  invocation: ['服务调用', 'Service invocation'],
});

export const TOPIC_HELP = defineTexts({
  management: ['账号、应用、授权、密钥、适配器、名单等的变更。', 'Changes of accounts, apps, grants, keys, adapters, lists and so on.'],
  lifecycle: [
    '接口、服务、流程的登记、修改、上线、下线、删除。',
    'Interfaces, services and flows: registered, changed, online, offline, removed.',
  ],
  monitoring: [
    '告警的出现与结束，网关的熔断、摘除、限流调整等。',
    'Alarms that begin or end; breakers, ejected instances, changed limits of the gateways.',
  ],
  invocation: ['每次调用的接口、应用、结果和耗时，不含内容。', 'Each call: interface, app, outcome and duration, without its content.'],
});

const OBJECTS = defineTexts({
  interface: ['接口', 'Interface'],
  service: ['服务', 'Service'],
  flow: ['流程', 'Flow'],
  app: ['应用', 'App'],
  grant: ['授权', 'Grant'],
  'app-key': ['应用密钥', 'Key of an app'],
  adapter: ['适配器', 'Adapter'],
  'code-table': ['代码表', 'Code table'],
  secret: ['凭据', 'Credential'],
  'address-list': ['IP 名单', 'Address list'],
  'object-rules': ['防越权规则', 'Object rules'],
  'outbound-exception': ['例外地址', 'Exceptional address'],
  'safe-site': ['安全域', 'Safe site'],
  caller: ['调用者', 'Caller'],
  'platform-key': ['平台密钥', 'Platform key'],
  account: ['账号', 'Account'],
  gateway: ['网关', 'Gateway'],
  bundle: ['导入包', 'Bundle'],
  store: ['存储', 'Store'],
  archive: ['归档', 'Archive'],
  alarm: ['告警', 'Alarm'],
  call: ['调用', 'Call'],
  calls: ['调用', 'Calls'],
});

const HAPPENED = defineTexts({
  registered: ['已登记', 'registered'],
  changed: ['已修改', 'changed'],
  online: ['已上线', 'online'],
  offline: ['已下线', 'offline'],
  removed: ['已删除', 'removed'],
  published: ['已发布', 'published'],
  'rolled-back': ['已回退', 'rolled back'],
  unpublished: ['已停用', 'unpublished'],
  'breaker-open': ['已人工暂停', 'paused by hand'],
  'breaker-closed': ['已人工放行（不熔断）', 'kept open by hand: no breaker'],
  'breaker-automatic': ['人工暂停或放行已结束', 'no longer paused or kept open by hand'],
  saved: ['已保存', 'saved'],
  uploaded: ['已上传', 'uploaded'],
  created: ['已创建', 'created'],
  activated: ['已启用', 'activated'],
  retired: ['已停止签发', 'retired'],
  revoked: ['已吊销', 'revoked'],
  added: ['已添加', 'added'],
  blocked: ['已拉黑', 'blocked'],
  unblocked: ['已移出黑名单', 'unblocked'],
  draining: ['开始排空', 'draining'],
  resumed: ['恢复服务', 'back in service'],
  imported: ['已导入', 'imported'],
  'backed-up': ['已备份', 'backed up'],
  moved: ['已迁移', 'moved'],
  restored: ['已恢复', 'restored'],
  started: ['已开始', 'started'],
  opened: ['出现', 'began'],
  ended: ['结束', 'ended'],
  'events-missed': ['有状态变化未能记录', 'some changes of state were not recorded'],
  completed: ['完成', 'completed'],
  failed: ['失败', 'failed'],
  refused: ['被拒绝', 'refused'],
  missed: ['过多，部分未记录', 'too many: some were not recorded'],
});

/** Returns a function that says what an event of this type means; a type without words is returned as it is. */
export function useTopicEventWords(): (type: string) => string {
  const object = useTexts(OBJECTS);
  const happened = useTexts(HAPPENED);
  const { changeOf } = useEventWords();
  return (type) => {
    const [, , what = '', how = ''] = type.split('.');
    if (what === 'gateway' && changeOf(how) !== how) return changeOf(how);
    if (!(what in OBJECTS) || !(how in HAPPENED)) return type;
    return `${object(what as keyof typeof OBJECTS)} ${happened(how as keyof typeof HAPPENED)}`;
  };
}
