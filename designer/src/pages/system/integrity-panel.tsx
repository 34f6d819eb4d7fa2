import type { Output } from '../../api/operation-types.ts';
import { Alert, Button } from 'antd';
import { useMutationOf, useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { ChainBreaks } from '../audit/chain-breaks.tsx';
import { DataTable } from '../../kit/table/data-table.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import styles from './system-page.module.css';

const TEXTS = defineTexts({
  title: ['数据完整性', 'Integrity'],
  help: [
    '账号、密钥、授权、接口、适配器等数据带有校验值；被绕过平台改动的一律停用，由安全管理员决定保留或删除。能以系统最高权限登录本机的人仍可绕过默认设置。',
    'Accounts, keys, grants, interfaces, adapters and similar documents have a mark. Documents changed outside Kangqiao are not used; the security administrator keeps or removes them. A person with root access to the machine can still bypass the default setup.',
  ],
  refused: ['审计链的末端与保存的签名不符，系统只读，不处理消息', 'The audit trail does not match its signed head; the store is read only'],
  refusedHelp: [
    '现有 {{lines}} 行，签名为第 {{number}} 行：末尾被截断，或存储是较早的副本。请换回正确的存储，或在核对后接受。',
    'It has {{lines}} lines, but its signed head is for line {{number}}: its end was cut off, or the store is an older copy. Restore the right store, or accept it.',
  ],
  broken: ['审计链中有记录缺失或被改动', 'Lines of the audit trail are missing or were changed'],
  brokenReadOnly: [
    '审计链中有记录缺失或被改动，系统只读，不处理消息',
    'Lines of the audit trail are missing or were changed; the store is read only, and no messages are processed',
  ],
  brokenHelp: [
    '这些记录涉及的账号、授权、接口等可能已被换回旧版本。请与备份和审批记录核对，再接受；此后以现有数据为准。',
    'The accounts, grants, interfaces and similar documents of these lines may have been rolled back. Compare them with a backup before you accept: from then on the current state is valid.',
  ],
  missing: ['审计链末端签名文件缺失', 'The signed head of the audit trail is missing'],
  missingHelp: [
    '无法判断审计链末尾是否被截断。请放回该文件后重新启动；或将最新的审计记录与副本核对，再接受。',
    'It is not known whether the end of the trail was cut off. Restore the file and start again, or compare the newest lines with a copy, then accept.',
  ],
  accept: ['接受当前审计链', 'Accept the trail'],
  acceptEffect: ['解除只读，开始处理消息；缺少的审计记录不会恢复。', 'Messages are processed again. Missing lines stay missing.'],
  written: ['尚未启用：升级期间只写入校验值', 'Not enforced yet: during the upgrade marks are only written'],
  writtenHelp: [
    '全部进程升级后启用。仍在运行的旧版本进程：{{older}}',
    'Enforce it when all processes run the new version. Older ones still running: {{older}}',
  ],
  none: ['无', 'none'],
  enforce: ['启用校验', 'Enforce'],
  enforceEffect: [
    '现有数据按现状登记；旧版本此后无法使用此存储。',
    'The current documents are marked as they are; earlier versions can no longer use this store.',
  ],
  collection: ['类别', 'Collection'],
  id: ['编号', 'Id'],
  why: ['发现', 'Found'],
  changed: ['被改动', 'Changed'],
  unmarked: ['被插入', 'Inserted'],
  old: ['被换回旧版本', 'Rolled back'],
  removed: ['被删除', 'Deleted'],
  at: ['时间', 'When'],
  keep: ['保留', 'Keep'],
  keepEffect: ['按现状登记并重新启用。', 'It is marked as it is, and used again.'],
  remove: ['删除', 'Remove'],
  removeEffect: ['从存储中删除，或确认它已不存在。', 'It is removed from the store, or stays removed if it no longer exists.'],
  empty: ['没有发现问题', 'Nothing was found'],
});

type View = Output<'integrity.get'>;
type Finding = View['findings'][number];

export function IntegrityPanel() {
  const t = useTexts(TEXTS);
  const mayDecide = useMay()('integrity.decide');
  const asked = useQueryOf('integrity.get', {});
  const decide = useMutationOf('integrity.decide');
  const confirm = useConfirm();
  const act = ({ collection, id }: Finding, decision: 'keep' | 'remove') =>
    confirm({
      title: `${t(decision)}: ${collection} ${id}`,
      effect: t(decision === 'keep' ? 'keepEffect' : 'removeEffect'),
      verb: t(decision),
      isDangerous: true,
      needsReason: true,
      run: (reason) => decide.mutateAsync({ collection: collection as 'accounts', id, decision, reason }),
    });
  return (
    <section className={styles.settings}>
      <h2>{t('title')}</h2>
      <p>{t('help')}</p>
      {asked.data === undefined ? null : <Notices view={asked.data} />}
      {asked.error === null ? null : <ErrorBox error={asked.error} />}
      <DataTable<Finding>
        label={t('title')}
        rows={asked.data && [...asked.data.findings]}
        rowKey={({ collection, id }) => `${collection} ${id}`}
        searchText={({ collection, id }) => `${collection} ${id}`}
        columns={[
          { key: 'collection', title: t('collection'), value: ({ collection }) => collection, render: ({ collection }) => collection },
          { key: 'id', title: t('id'), value: ({ id }) => id, render: ({ id }) => <code>{id}</code> },
          { key: 'why', title: t('why'), value: ({ why }) => why, render: ({ why }) => t(why) },
          { key: 'at', title: t('at'), value: ({ seenAt }) => seenAt, render: ({ seenAt }) => <TimeText at={seenAt} /> },
          {
            key: 'acts',
            title: '',
            width: 160,
            render: (finding) =>
              mayDecide ? (
                <>
                  {finding.why === 'removed' ? null : (
                    <Button size="small" onClick={() => act(finding, 'keep')}>
                      {t('keep')}
                    </Button>
                  )}{' '}
                  <Button size="small" danger onClick={() => act(finding, 'remove')}>
                    {t('remove')}
                  </Button>
                </>
              ) : null,
          },
        ]}
        isLoading={asked.isPending}
        error={asked.error}
        onRefresh={() => void asked.refetch()}
        empty={<EmptyState title={t('empty')} />}
        exportName="integrity"
      />
    </section>
  );
}

function Notices({ view: { trail, breaks, headMissingSince, isEnforced, older } }: { readonly view: View }) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const confirm = useConfirm();
  const accept = useMutationOf('integrity.accept-trail');
  const enforce = useMutationOf('integrity.enforce');
  const broken = breaks.filter(({ isAccepted }) => !isAccepted);
  if (trail !== undefined || broken.length > 0 || headMissingSince !== undefined) {
    const run = (reason: string) => accept.mutateAsync({ reason });
    const onClick = () =>
      confirm({ title: t('accept'), effect: t('acceptEffect'), verb: t('accept'), isDangerous: true, needsReason: true, run });
    const isEnd = trail !== undefined && trail.why !== 'broken';
    const isHeadAlone = trail === undefined && broken.length === 0;
    return (
      <Alert
        type="error"
        showIcon
        title={t(isEnd ? 'refused' : isHeadAlone ? 'missing' : trail === undefined ? 'broken' : 'brokenReadOnly')}
        description={
          <>
            {isEnd
              ? t('refusedHelp', { lines: trail.lines, number: trail.headNumber ?? '?' })
              : t(isHeadAlone ? 'missingHelp' : 'brokenHelp')}
            {broken.length === 0 ? null : <ChainBreaks breaks={broken} />}
          </>
        }
        action={may('integrity.decide') ? <Button onClick={onClick}>{t('accept')}</Button> : null}
      />
    );
  }
  if (isEnforced) return null;
  const names = older.map(({ role, version, host, pid }) => `${role} ${version} (${host} ${pid})`).join(', ');
  const onClick = () =>
    confirm({ title: t('enforce'), effect: t('enforceEffect'), verb: t('enforce'), run: () => enforce.mutateAsync({}) });
  return (
    <Alert
      type="warning"
      showIcon
      title={t('written')}
      description={t('writtenHelp', { older: names === '' ? t('none') : names })}
      action={may('system.edit') ? <Button onClick={onClick}>{t('enforce')}</Button> : null}
    />
  );
}
