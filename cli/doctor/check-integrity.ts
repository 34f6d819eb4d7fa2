/** Checks whether the running control process found changes that were made outside Kangqiao. */
import type { IntegrityView } from '../../control/integrity/integrity.ts';
import type { ApiClient } from '../shared/api-client.ts';
import { good, hint, wrong, type Finding } from './finding.ts';

/** Returns the findings of control, which checks at its start and at each `verify`. */
export async function checkIntegrity(api: Pick<ApiClient, 'call'>): Promise<readonly Finding[]> {
  const view = (await api.call('GET', '/integrity').catch(() => undefined)) as IntegrityView | undefined;
  if (view === undefined)
    return [
      hint(
        ['无权查看数据完整性', 'the integrity of the store cannot be read'],
        ['用具有系统查看权限的账号登录。', 'Log in with an account that may read the system page.'],
      ),
    ];
  const { trail, findings, headMissingSince, isEnforced } = view;
  const broken = view.breaks.filter(({ isAccepted }) => !isAccepted);
  const found: Finding[] = [];
  if (trail !== undefined)
    found.push(
      wrong(
        ['审计链被拒，系统只读，不处理消息', 'the audit trail is refused: the store is read only, and no messages are processed'],
        ACCEPT,
      ),
    );
  for (const { number, to, why } of broken)
    found.push(
      wrong(
        [`审计链第 ${linesOf(number, to)} 行${WHY[why]}`, `the audit trail, line ${linesOf(number, to)}: ${why}`],
        ['与备份核对，查明是谁修改了存储。', 'Compare it with a backup, and find out who wrote to the store.'],
      ),
    );
  if (headMissingSince !== undefined)
    found.push(wrong(['审计链末端签名文件缺失', 'the signed head of the audit trail is missing'], ACCEPT));
  if (findings.length > 0)
    found.push(
      wrong(
        [
          `${findings.length} 项数据被绕过平台改动，已停用`,
          `${findings.length} document(s) were changed outside Kangqiao and are not used`,
        ],
        ['由安全管理员在系统页决定保留或删除。', 'Let the security administrator keep or remove them on the system page.'],
      ),
    );
  if (found.length > 0) return found;
  if (isEnforced) return [good('数据完整性没有发现问题', 'the integrity of the store has no problems')];
  return [
    hint(
      ['数据完整性校验尚未启用', 'marks are not enforced yet'],
      ['全部进程升级后在系统页启用。', 'Enforce them on the system page when all processes run the new version.'],
    ),
  ];
}

const ACCEPT = [
  '换回正确的存储或签名文件；如确应使用此存储，由安全管理员在系统页核对并接受。',
  'Restore the right store or file. If this one is correct, let the security administrator accept the trail on the system page.',
] as const;

const WHY = { missing: '缺失', changed: '被改动', 'cut off': '起末尾被截断' } as const;

function linesOf(number: number, to: number): string {
  return number === to ? `${number}` : `${number}–${to}`;
}
