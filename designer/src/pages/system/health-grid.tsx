import { CircleAlert, CircleCheck, CircleX } from 'lucide-react';
import type { SystemReport } from '../../api/operations.ts';
import { useFormat, type Format } from '../../i18n/format.ts';
import { defineTexts, useTexts, type Translate } from '../../i18n/texts.ts';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { sizeOf } from './size-of.ts';
import styles from './system-page.module.css';

const TEXTS = defineTexts({
  parts: ['各部分状态', 'Health of each part'],
  good: ['正常', 'Good'],
  look: ['注意', 'Check'],
  bad: ['异常', 'Bad'],
  store: ['存储', 'Store'],
  storePing: ['应答 {{time}}', 'responds in {{time}}'],
  storeBad: ['连不上', 'Cannot be reached'],
  reachable: ['可用', 'Reachable'],
  plan: ['接口发布', 'Published plan'],
  planNumber: ['第 {{number}} 版', 'Number {{number}}'],
  planDetail: ['{{current}} / {{all}} 个网关已采用 · {{made}}', '{{current}} of {{all}} gateways use it · {{made}}'],
  queue: ['执行队列', 'Queue'],
  queueValue: ['排队 {{queued}} · 运行 {{running}}', '{{queued}} queued · {{running}} running'],
  queueOldest: ['最早的在 {{ago}} 到达', 'the oldest arrived {{ago}}'],
  queueEmpty: ['没有消息在排队', 'nothing is waiting'],
  memory: ['内存（本进程）', 'Memory (this process)'],
  memoryDetail: ['本机可用 {{free}} / {{total}}', '{{free}} of {{total}} free on the machine'],
  disk: ['磁盘（本机）', 'Disk (this machine)'],
  diskValue: ['可用 {{free}}', '{{free}} free'],
  diskDetail: ['共 {{total}}，可用 {{share}}', '{{share}} of {{total}}'],
  delay: ['事件循环延迟', 'Event loop delay'],
  delayDetail: ['平均 {{mean}} · 最大 {{max}}', 'mean {{mean}} · max {{max}}'],
  uptime: ['已运行', 'Up for'],
});

type Health = 'good' | 'look' | 'bad';

interface Part {
  readonly name: string;
  readonly health: Health;
  readonly value: string;
  readonly detail: string;
}

const LOOKS = {
  good: { tone: 'green', icon: CircleCheck },
  look: { tone: 'amber', icon: CircleAlert },
  bad: { tone: 'red', icon: CircleX },
} as const;

/** Limits above which a value needs an operator's attention. */
const QUEUE_WAIT_MS = 60_000;
const FREE_SHARE = { look: 0.15, bad: 0.05 };
const DELAY_MS = { look: 100, bad: 1000 };

export function HealthGrid({ report, isLimited }: { readonly report: SystemReport; readonly isLimited: boolean }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const parts = [
    storePart(report, t, format),
    planPart(report, isLimited, t, format),
    ...queuePart(report, t, format),
    ...machineParts(report, t, format),
  ];
  return (
    <ul className={styles.parts} aria-label={t('parts')}>
      {parts.map(({ name, health, value, detail }) => (
        <li key={name} className={styles.part}>
          <div className={styles.partName}>
            {name}
            <Tag tone={LOOKS[health].tone} icon={LOOKS[health].icon}>
              {t(health)}
            </Tag>
          </div>
          <div className={styles.partValue}>{value}</div>
          <div className={styles.partDetail}>{detail}</div>
        </li>
      ))}
    </ul>
  );
}

type T = Translate<typeof TEXTS>;

function storePart({ store }: SystemReport, t: T, format: Format): Part {
  const detail = store.ok ? t('storePing', { time: format.duration(store.pingMs) }) : (store.errorCode ?? '');
  return { name: t('store'), health: store.ok ? 'good' : 'bad', value: store.ok ? t('reachable') : t('storeBad'), detail };
}

function planPart({ plan, planMadeAt, gateways }: SystemReport, isLimited: boolean, t: T, format: Format): Part {
  const current = gateways.filter(({ isCurrent }) => isCurrent).length;
  const made = planMadeAt > 0 ? format.time(planMadeAt) : '—';
  return {
    name: t('plan'),
    health: current === gateways.length ? 'good' : 'look',
    value: t('planNumber', { number: plan }),
    // A user who is limited to domains does not get the list of gateways, so do not show how many there are.
    detail: isLimited ? made : t('planDetail', { current, all: gateways.length, made }),
  };
}

function queuePart({ queue }: SystemReport, t: T, format: Format): readonly Part[] {
  if (queue === undefined) return [];
  const { queued, running, oldestQueuedAt } = queue;
  const isLate = oldestQueuedAt !== undefined && Date.now() - oldestQueuedAt > QUEUE_WAIT_MS;
  const value = t('queueValue', { queued: format.number(queued), running: format.number(running) });
  const detail = oldestQueuedAt === undefined ? t('queueEmpty') : t('queueOldest', { ago: format.ago(oldestQueuedAt) });
  return [{ name: t('queue'), health: isLate ? 'look' : 'good', value, detail }];
}

function machineParts({ machine }: SystemReport, t: T, format: Format): readonly Part[] {
  if (machine === undefined) return [];
  const { memory, disk, eventLoopDelay: delay, uptimeSec } = machine;
  const parts: Part[] = [
    {
      name: t('memory'),
      health: healthOfShare(memory.machineFreeBytes / memory.machineTotalBytes),
      value: sizeOf(memory.processBytes),
      detail: t('memoryDetail', { free: sizeOf(memory.machineFreeBytes), total: sizeOf(memory.machineTotalBytes) }),
    },
  ];
  if (disk !== undefined) {
    const share = disk.freeBytes / disk.totalBytes;
    const detail = t('diskDetail', { total: sizeOf(disk.totalBytes), share: format.percent(share) });
    parts.push({ name: t('disk'), health: healthOfShare(share), value: t('diskValue', { free: sizeOf(disk.freeBytes) }), detail });
  }
  parts.push({
    name: t('delay'),
    health: delay.p99Ms >= DELAY_MS.bad ? 'bad' : delay.p99Ms >= DELAY_MS.look ? 'look' : 'good',
    value: `p99 ${format.duration(delay.p99Ms)}`,
    detail: `${t('delayDetail', { mean: format.duration(delay.meanMs), max: format.duration(delay.maxMs) })} · ${t('uptime')} ${format.duration(uptimeSec * 1000)}`,
  });
  return parts;
}

function healthOfShare(free: number): Health {
  if (free < FREE_SHARE.bad) return 'bad';
  return free < FREE_SHARE.look ? 'look' : 'good';
}
