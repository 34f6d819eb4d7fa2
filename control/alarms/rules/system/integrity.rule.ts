import type { Text } from '../../../../engine/contract/values/texts.ts';
import { both, defineAlarmRule, type AlarmValues } from '../alarm-rule.ts';

export default defineAlarmRule({
  text: {
    label: both('数据被绕过平台改动', 'Changed outside Kangqiao'),
    help: both(
      '至少这么多项账号、密钥、授权、接口等数据被绕过平台改动并已停用，或审计链被改动、与签名不符。',
      'At least this many protected documents were changed outside Kangqiao and are not used; or lines of the audit trail are missing or were changed.',
    ),
    unit: both('项', 'documents'),
  },
  bound: { least: 1, most: 1000, usual: 1 },
  severity: 'critical',
  describe,
  advise: () =>
    both(
      '请安全管理员在系统页核对每一项，查明是谁改动了数据库；确认前不要重启。',
      'Ask the security administrator to check each item on the system page and find out who changed the database; do not restart before that.',
    ),
  link: () => '/system',
  createCheck:
    ({ guard }) =>
    async (bound) => {
      const count = guard?.findings().length ?? 0;
      const trail = guard?.trailProblem()?.why;
      const broken = guard?.breaks().filter(({ isAccepted }) => !isAccepted) ?? [];
      const headMissingSince = guard?.headMissingSince();
      if (count < bound && trail === undefined && broken.length === 0 && headMissingSince === undefined) return [];
      const values = {
        count,
        ...(trail === undefined ? {} : { trail }),
        ...(broken[0] === undefined ? {} : { line: broken[0].number, broken: broken.length }),
        ...(headMissingSince === undefined ? {} : { headMissingSince }),
      };
      return [{ subject: '', values }];
    },
});

function describe({ count = 0, trail = '', line = 0, broken = 0, headMissingSince }: AlarmValues): Text {
  const parts: Text[] = [];
  if (Number(broken) > 0)
    parts.push(
      both(
        `审计链自第 ${line} 行起有 ${broken} 处缺失或被改动`,
        `The audit trail is broken in ${broken} place(s), the first at line ${line}`,
      ),
    );
  else if (trail !== '') parts.push(both('审计链与签名不符', 'The audit trail does not match its signed head'));
  if (headMissingSince !== undefined) parts.push(both('审计链末端签名文件缺失', 'The signed head of the audit trail is missing'));
  if (trail !== '') parts.push(both('系统只读', 'the store is read only'));
  if (Number(count) > 0)
    parts.push(both(`${count} 项数据被绕过平台改动，已停用`, `${count} documents were changed outside Kangqiao and are not used`));
  return both(parts.map((part) => part['zh-CN']).join('；'), parts.map(({ en }) => en).join('; '));
}
