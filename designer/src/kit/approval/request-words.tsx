import type { Output } from '../../api/operation-types.ts';
import { CircleCheck, CircleX, Clock3, Undo2, type LucideIcon } from 'lucide-react';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { Tag, type Tone } from '../feedback/status-tag.tsx';

export type RequestItem = Output<'requests.list'>['items'][number];

const ACT_TEXTS = defineTexts({
  what: ['{{act}}：{{things}}', '{{act}}: {{things}}'],
  'flows.publish': ['发布流程', 'Publish a flow'],
  'interfaces.save': ['开放接口', 'Create an interface'],
  'interfaces.online': ['接口上线', 'Put an interface online'],
  'interfaces.offline': ['接口下线', 'Take an interface offline'],
  'grants.save': ['授权应用调用接口', 'Grant an interface to an app'],
  'brokers.purge': ['清空队列或主题', 'Purge a queue or topic'],
  'brokers.remove-destination': ['删除队列或主题', 'Delete a queue or topic'],
  'flow-data.remove-items': ['移除汇集中等待的数据', 'Remove what waits in a collection'],
  'adapters.save': ['修改适配器的凭据或地址', 'Change the credential or address of an adapter'],
});

export const STATUS_TEXTS = defineTexts({
  open: ['待决定', 'Open'],
  deciding: ['执行中', 'In progress'],
  done: ['已执行', 'Done'],
  refused: ['已拒绝', 'Refused'],
  failed: ['执行失败', 'Failed'],
  withdrawn: ['已撤回', 'Withdrawn'],
});

const LOOKS: Readonly<Record<RequestItem['status'], { readonly tone: Tone; readonly icon: LucideIcon }>> = {
  open: { tone: 'amber', icon: Clock3 },
  deciding: { tone: 'blue', icon: Clock3 },
  done: { tone: 'green', icon: CircleCheck },
  refused: { tone: 'grey', icon: CircleX },
  failed: { tone: 'red', icon: CircleX },
  withdrawn: { tone: 'grey', icon: Undo2 },
};

export function RequestStatusTag({ status }: Pick<RequestItem, 'status'>) {
  const t = useTexts(STATUS_TEXTS);
  return <Tag {...LOOKS[status]}>{t(status)}</Tag>;
}

const PAGES: Readonly<Record<string, string>> = {
  'flows.publish': '/flows/',
  'interfaces.save': '/interfaces/',
  'interfaces.set-state': '/interfaces/',
  'adapters.save': '/adapters/',
  'brokers.purge': '/brokers/',
  'brokers.remove-destination': '/brokers/',
};

/** Returns the address of the page of the requested object; undefined if the object has no page. */
export function pageOf({ action, subject }: Pick<RequestItem, 'action' | 'subject'>): string | undefined {
  return Object.hasOwn(PAGES, action) ? `${PAGES[action]}${subject.split(' ')[0]}` : undefined;
}

/** Returns a function that describes a request, for example `发布流程：预约挂号`. */
export function useWhat(): (item: Pick<RequestItem, 'action' | 'subject' | 'names'>) => string {
  const t = useTexts(ACT_TEXTS);
  const text = useText();
  return ({ action, subject, names }) => {
    const [id = '', state] = subject.split(' ');
    const act = action === 'interfaces.set-state' ? `interfaces.${state}` : action;
    const words = Object.hasOwn(ACT_TEXTS, act) ? t(act as keyof typeof ACT_TEXTS) : action;
    const things = names.map((name) => text(name)).filter((name) => name !== '');
    return t('what', { act: words, things: things.length === 0 ? id : things.join(' → ') });
  };
}
