import { both, defineAlarmRule, PERCENT } from '../alarm-rule.ts';

const MB = 1_048_576;

export default defineAlarmRule({
  text: {
    label: both('磁盘空间不足', 'Disk almost full'),
    help: both('数据目录所在磁盘的剩余比例低于此值。', 'Less than this share of the data folder’s disk is free.'),
    unit: PERCENT,
  },
  bound: { least: 1, most: 90, usual: 10 },
  severity: 'critical',
  describe: ({ percent = 0, freeMb = 0 }) =>
    both(`数据目录所在磁盘仅剩 ${percent}%（${freeMb} MB）`, `Only ${percent}% (${freeMb} MB) of the data folder's disk is free`),
  advise: () =>
    both(
      '清理或扩大磁盘，或归档旧消息；写满后平台不再接收消息。',
      'Free or enlarge the disk, or archive old messages; when it is full, the platform accepts no more messages.',
    ),
  link: () => '/system',
  createCheck:
    ({ info }) =>
    async (bound) => {
      const disk = (await info.machine?.())?.disk;
      if (disk === undefined || disk.totalBytes === 0) return [];
      const percent = Math.floor((disk.freeBytes / disk.totalBytes) * 100);
      return percent >= bound ? [] : [{ subject: '', values: { percent, freeMb: Math.floor(disk.freeBytes / MB) } }];
    },
});
