import { Button, Dropdown } from 'antd';
import {
  Ban,
  CircleCheck,
  EllipsisVertical,
  KeyRound,
  MonitorSmartphone,
  PencilLine,
  Plus,
  ShieldCheck,
  ShieldOff,
  UserRoundCheck,
  UserRoundX,
} from 'lucide-react';
import { useState } from 'react';
import type { AccountItem, Role } from '../../api/operations.ts';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { DataTable } from '../../kit/table/data-table.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { AccountDrawer } from './account-drawer.tsx';
import listStyles from '../../kit/table/data-table.module.css';
import styles from './accounts.module.css';
import { OneTimePassword } from './one-time-password.tsx';
import { ROLE_TEXTS } from '../../i18n/role-texts.ts';
import { SessionsDrawer } from './sessions-drawer.tsx';

const TEXTS = defineTexts({
  title: ['账号', 'Accounts'],
  help: [
    '谁可以登录，能做什么。系统、安全、审计三种管理员互斥（三员分立）：安全、审计管理员的账号只由同类管理员授予、修改和重置密码，停用由系统管理员办理。',
    'Who may log in and what they may do. The three administrator roles exclude each other: security and audit administrators are created, changed and given passwords only by an administrator of the same kind, and disabled by the system administrator.',
  ],
  create: ['新建账号', 'New account'],
  name: ['账号', 'Account'],
  displayName: ['姓名', 'Name'],
  roles: ['角色', 'Roles'],
  domains: ['服务域', 'Domains'],
  allDomains: ['全部', 'All'],
  state: ['状态', 'State'],
  active: ['启用', 'Active'],
  disabled: ['已停用', 'Disabled'],
  first: ['待首次登录', 'Never logged in'],
  created: ['创建时间', 'Created'],
  passwordChanged: ['密码修改时间', 'Password changed'],
  edit: ['修改', 'Change'],
  disable: ['停用', 'Disable'],
  enable: ['启用', 'Enable'],
  disableEffect: [
    '“{{name}}”的全部会话和令牌立即结束，不能再登录；账号与审计记录保留。',
    'All sessions and tokens of "{{name}}" end now and the account can no longer log in; the account and its audit lines are kept.',
  ],
  enableEffect: ['“{{name}}”又可以登录。', '"{{name}}" can log in again.'],
  reset: ['重置密码', 'Reset the password'],
  resetEffect: ['“{{name}}”得到一个一次性密码，全部会话立即结束。', '"{{name}}" gets a one-time password, and all sessions end now.'],
  sessions: ['会话与令牌', 'Sessions and tokens'],
  removeFactor: ['解除第二因素', 'Remove the second factor'],
  removeFactorEffect: [
    '用于手机遗失：“{{name}}”登录时不再要求验证码，全部会话和令牌立即结束。',
    'For a lost phone: "{{name}}" can then log in without a code, and all sessions and tokens end now.',
  ],
  factor: ['有第二因素', 'second factor'],
  more: ['更多操作', 'More'],
  empty: ['没有账号', 'No accounts'],
});

export function AccountsPage() {
  const t = useTexts(TEXTS);
  const role = useTexts(ROLE_TEXTS);
  const format = useFormat();
  const may = useMay();
  const accounts = useListOf('accounts.list', {});
  const [open, setOpen] = useState<AccountItem | 'new'>();
  const create = may('accounts.edit') ? (
    <Button type="primary" icon={<Plus size={16} />} onClick={() => setOpen('new')}>
      {t('create')}
    </Button>
  ) : null;
  const domains = (account: AccountItem) => (account.domains === 'all' ? t('allDomains') : format.list(account.domains));
  const roles = (account: AccountItem) => format.list(account.roles.map((name) => role(name)));
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} actions={create} />
      <DataTable<AccountItem>
        label={t('title')}
        rows={accounts.data?.items}
        rowKey={({ name }) => name}
        searchText={({ name, displayName }) => `${name} ${displayName}`}
        filters={[
          {
            key: 'role',
            label: t('roles'),
            options: (Object.keys(ROLE_TEXTS) as Role[]).map((value) => ({ value, label: role(value) })),
            test: (account, value) => account.roles.includes(value as Role),
          },
        ]}
        columns={[
          { key: 'name', title: t('name'), value: ({ name }) => name, render: ({ name }) => <code>{name}</code> },
          {
            key: 'displayName',
            title: t('displayName'),
            value: ({ displayName }) => displayName,
            render: ({ displayName }) => <span className={listStyles.long}>{displayName}</span>,
          },
          { key: 'roles', title: t('roles'), value: roles, render: roles },
          { key: 'domains', title: t('domains'), value: domains, render: domains },
          {
            key: 'state',
            title: t('state'),
            value: (account) => t(stateOf(account)) + (account.hasSecondFactor ? ` · ${t('factor')}` : ''),
            render: (account) => <AccountState account={account} />,
          },
          {
            key: 'created',
            title: t('created'),
            value: ({ createdAt }) => createdAt,
            render: ({ createdAt }) => <TimeText at={createdAt} />,
          },
          {
            key: 'password',
            title: t('passwordChanged'),
            value: ({ passwordChangedAt }) => passwordChangedAt,
            render: ({ passwordChangedAt }) => <TimeText at={passwordChangedAt} isAgo />,
          },
          { key: 'more', title: '', width: 48, render: (account) => <AccountMenu account={account} onEdit={() => setOpen(account)} /> },
        ]}
        isLoading={accounts.isPending}
        error={accounts.error}
        onRefresh={() => void accounts.refetch()}
        {...(may('accounts.edit') ? { onOpen: (account: AccountItem) => (isOpenTo(account) ? setOpen(account) : undefined) } : {})}
        empty={<EmptyState title={t('empty')} action={create} />}
        exportName="accounts"
      />
      {open === undefined ? null : (
        <AccountDrawer
          account={open === 'new' ? undefined : open}
          mayGive={accounts.data?.mayGive ?? []}
          onClose={() => setOpen(undefined)}
        />
      )}
    </Page>
  );
}

/** Returns whether the user may change anything in the account: its name or some of its roles. */
function isOpenTo({ mayChange }: AccountItem): boolean {
  return mayChange.account || mayChange.roles.length > 0;
}

function stateOf(account: AccountItem): 'active' | 'disabled' | 'first' {
  if (account.disabled) return 'disabled';
  return account.mustChangePassword ? 'first' : 'active';
}

function AccountState({ account }: { readonly account: AccountItem }) {
  const t = useTexts(TEXTS);
  const state = stateOf(account);
  const looks = { active: ['green', CircleCheck], disabled: ['grey', Ban], first: ['amber', KeyRound] } as const;
  const [tone, icon] = looks[state];
  return (
    <>
      <Tag tone={tone} icon={icon}>
        {t(state)}
      </Tag>
      {account.hasSecondFactor ? <ShieldCheck size={16} className={styles.shield ?? ''} aria-label={t('factor')} /> : null}
    </>
  );
}

function AccountMenu({ account, onEdit }: { readonly account: AccountItem; readonly onEdit: () => void }) {
  const t = useTexts(TEXTS);
  const confirm = useConfirm();
  const update = useMutationOf('accounts.update');
  const reset = useMutationOf('accounts.reset-password');
  const removeFactor = useMutationOf('accounts.remove-second-factor');
  const [password, setPassword] = useState<string>();
  const [isShowingSessions, setShowingSessions] = useState(false);
  const { name, displayName, roles, disabled, revision, mayChange } = account;
  const verb = disabled ? t('enable') : t('disable');
  const acts: Readonly<Record<string, () => void>> = {
    edit: onEdit,
    sessions: () => setShowingSessions(true),
    factor: () =>
      confirm({
        title: t('removeFactor'),
        effect: t('removeFactorEffect', { name }),
        verb: t('removeFactor'),
        isDangerous: true,
        needsReason: true,
        run: ($reason) => removeFactor.mutateAsync({ name, $reason }),
      }),
    disable: () =>
      confirm({
        title: verb,
        effect: disabled ? t('enableEffect', { name }) : t('disableEffect', { name }),
        verb,
        isDangerous: !disabled,
        needsReason: true,
        run: ($reason) => update.mutateAsync({ name, displayName, roles: [...roles], disabled: !disabled, revision, $reason }),
      }),
    reset: () =>
      confirm({
        title: t('reset'),
        effect: t('resetEffect', { name }),
        verb: t('reset'),
        needsReason: true,
        run: async ($reason) => setPassword((await reset.mutateAsync({ name, $reason })).oneTimePassword),
      }),
  };
  const items = [
    ...(isOpenTo(account) ? [{ key: 'edit', icon: <PencilLine size={16} />, label: t('edit') }] : []),
    ...(mayChange.account ? [{ key: 'reset', icon: <KeyRound size={16} />, label: t('reset') }] : []),
    ...(mayChange.account || mayChange.disable ? [{ key: 'sessions', icon: <MonitorSmartphone size={16} />, label: t('sessions') }] : []),
    ...(mayChange.account && account.hasSecondFactor ? [{ key: 'factor', icon: <ShieldOff size={16} />, label: t('removeFactor') }] : []),
    ...((disabled ? mayChange.account : mayChange.disable)
      ? [{ key: 'disable', danger: !disabled, icon: disabled ? <UserRoundCheck size={16} /> : <UserRoundX size={16} />, label: verb }]
      : []),
  ];
  if (items.length === 0) return null;
  return (
    <>
      <Dropdown trigger={['click']} menu={{ items, onClick: ({ key }) => acts[key]?.() }}>
        <Button type="text" size="small" aria-label={`${t('more')}: ${name}`} icon={<EllipsisVertical size={16} />} />
      </Dropdown>
      {isShowingSessions ? <SessionsDrawer name={name} onClose={() => setShowingSessions(false)} /> : null}
      {password === undefined ? null : <OneTimePassword name={name} password={password} onClose={() => setPassword(undefined)} />}
    </>
  );
}
