import type { Output } from '../../api/operation-types.ts';
import { defineTexts } from '../../i18n/texts.ts';

export type Extension = Output<'extensions.list'>['items'][number];

export const STATE_TEXTS = defineTexts({
  waiting: ['待确认', 'Waiting'],
  enabled: ['启用', 'Enabled'],
  disabled: ['停用', 'Disabled'],
});

export const FAULT_TEXTS = defineTexts({
  load: ['故障：加载时出错', 'Fault: failed while it was loaded'],
  loop: ['故障：长时间占用处理器', 'Fault: computed without a pause'],
  memory: ['故障：超出内存上限', 'Fault: used more memory than its limit'],
  ended: ['故障：进程意外结束', 'Fault: its process ended unexpectedly'],
  protocol: ['故障：发送了不允许的内容', 'Fault: sent what is not allowed'],
});

export const EFFECT_TEXTS = defineTexts({
  pure: ['只处理数据', 'data only'],
  read: ['只读', 'reads'],
  'idempotent-write': ['幂等写入', 'writes, idempotent'],
  write: ['写入', 'writes'],
});
