import { Button, Checkbox, Drawer, Form, Input, Radio } from 'antd';
import { useState } from 'react';
import type { Domains } from '../../../../engine/contract/values/domain.ts';
import type { AccountItem, Role } from '../../api/operations.ts';
import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { DomainsSelect } from '../../kit/form/inputs/domain-select.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import styles from './accounts.module.css';
import { OneTimePassword } from './one-time-password.tsx';
import { ROLE_HELP_TEXTS, ROLE_TEXTS } from '../../i18n/role-texts.ts';

const TEXTS = defineTexts({
  create: ['新建账号', 'New account'],
  edit: ['修改账号', 'Change the account'],
  name: ['账号', 'Account'],
  nameHelp: ['登录名：小写字母开头，可含数字和 . _ -', 'Login name: begins with a lower-case letter; digits and . _ - may follow'],
  nameWrong: [
    '2 至 64 个字符，小写字母开头，只含小写字母、数字和 . _ -',
    '2 to 64 characters: a lower-case letter, then lower-case letters, digits and . _ -',
  ],
  displayName: ['姓名', 'Name'],
  missing: ['请填写姓名', 'Enter the name'],
  roles: ['角色', 'Roles'],
  rolesMissing: ['至少选一个角色', 'Choose at least one role'],
  exclusive: ['系统、安全、审计三种管理员不能由同一人担任', 'A person can have only one of the three administrator roles'],
  'security-admin': ['由安全管理员授予和收回', 'Given and removed by a security administrator'],
  'audit-admin': ['由审计管理员授予和收回', 'Given and removed by an audit administrator'],
  others: [
    '由系统管理员授予和收回；安全、审计管理员的账号不再加授',
    'Given and removed by a system administrator; not for security or audit administrators',
  ],
  domains: ['服务域', 'Domains'],
  domainsHelp: [
    '限定后，此人只看到所选服务域的流程、接口、消息等，看不到其他服务域的内容。首位安全管理员、审计管理员须为全部。',
    'With some domains, a person sees only the flows, interfaces and messages of these domains. The first security and audit administrators have all domains.',
  ],
  all: ['全部服务域', 'All domains'],
  some: ['限定服务域', 'Some domains'],
  domainsMissing: ['至少选一个服务域', 'Choose at least one domain'],
  save: ['保存', 'Save'],
});

const ADMINISTRATORS: readonly Role[] = ['system-admin', 'security-admin', 'audit-admin'];

interface Values {
  readonly name: string;
  readonly displayName: string;
  readonly roles: Role[];
  readonly domains: Domains;
}

interface Props {
  readonly account: AccountItem | undefined;
  /** Roles that the user may give to a new account. */
  readonly mayGive: readonly Role[];
  readonly onClose: () => void;
}

/** Creates or changes an account, in a drawer beside the list of accounts. */
export function AccountDrawer({ account, mayGive, onClose }: Props) {
  const t = useTexts(TEXTS);
  const create = useMutationOf('accounts.create');
  const update = useMutationOf('accounts.update');
  const [made, setMade] = useState<{ readonly name: string; readonly password: string }>();
  const save = async (values: Values) => {
    if (account === undefined) {
      const { oneTimePassword } = await create.mutateAsync(values);
      setMade({ name: values.name, password: oneTimePassword });
    } else {
      const { name, disabled, revision } = account;
      await update.mutateAsync({ name, disabled, revision, displayName: values.displayName, roles: values.roles, domains: values.domains });
      onClose();
    }
  };
  if (made !== undefined) return <OneTimePassword {...made} onClose={onClose} />;
  const error = create.error ?? update.error;
  return (
    <Drawer
      open
      title={account === undefined ? t('create') : t('edit')}
      size={480}
      onClose={onClose}
      footer={
        <Button type="primary" form="account" htmlType="submit" loading={create.isPending || update.isPending}>
          {t('save')}
        </Button>
      }
    >
      <Form
        id="account"
        layout="vertical"
        initialValues={account ?? { roles: [], domains: 'all' }}
        onFinish={(values: Values) => void save(values).catch(() => undefined)}
      >
        <Form.Item
          name="name"
          label={t('name')}
          extra={t('nameHelp')}
          rules={[{ required: true, pattern: /^[a-z][a-z0-9._-]{1,63}$/, message: t('nameWrong') }]}
        >
          <Input disabled={account !== undefined} autoComplete="off" autoFocus={account === undefined} />
        </Form.Item>
        <Form.Item name="displayName" label={t('displayName')} rules={[{ required: true, whitespace: true, message: t('missing') }]}>
          <Input maxLength={200} autoComplete="off" disabled={account?.mayChange.account === false} />
        </Form.Item>
        <Form.Item
          name="roles"
          label={t('roles')}
          rules={[
            { required: true, type: 'array', min: 1, message: t('rolesMissing') },
            {
              validator: (_rule, roles: readonly Role[]) =>
                roles.filter((name) => ADMINISTRATORS.includes(name)).length > 1
                  ? Promise.reject(new Error(t('exclusive')))
                  : Promise.resolve(),
            },
          ]}
        >
          <RoleBoxes open={account?.mayChange.roles ?? mayGive} />
        </Form.Item>
        <Form.Item
          name="domains"
          label={t('domains')}
          extra={t('domainsHelp')}
          rules={[
            {
              validator: (_rule, domains: Domains) =>
                domains.length === 0 ? Promise.reject(new Error(t('domainsMissing'))) : Promise.resolve(),
            },
          ]}
        >
          <AccountDomains isReadOnly={account?.mayChange.account === false} />
        </Form.Item>
        {error === null ? null : <ErrorBox error={error} />}
      </Form>
    </Drawer>
  );
}

interface RoleBoxesProps {
  /** Roles that the user may grant and revoke here. */
  readonly open: readonly Role[];
  readonly value?: Role[];
  readonly onChange?: (roles: Role[]) => void;
}

/**
 * Shows the roles as checkboxes. Does not pass on all props of the form: antd would mark the group as required, but
 * screen readers do not support this for a group.
 */
function RoleBoxes({ open, value = [], onChange }: RoleBoxesProps) {
  const t = useTexts(TEXTS);
  const role = useTexts(ROLE_TEXTS);
  const roleHelp = useTexts(ROLE_HELP_TEXTS);
  return (
    <Checkbox.Group<Role> className={styles.roles ?? ''} value={value} onChange={(roles) => onChange?.(roles)}>
      {(Object.keys(ROLE_TEXTS) as Role[]).map((name) => (
        <Checkbox key={name} value={name} disabled={!open.includes(name)}>
          {role(name)}
          <div className={styles.help}>{open.includes(name) ? roleHelp(name) : t(keeperOf(name))}</div>
        </Checkbox>
      ))}
    </Checkbox.Group>
  );
}

interface AccountDomainsProps {
  readonly isReadOnly: boolean;
  readonly value?: Domains;
  readonly onChange?: (domains: Domains) => void;
}

function AccountDomains({ isReadOnly, value = 'all', onChange }: AccountDomainsProps) {
  const t = useTexts(TEXTS);
  return (
    <div className={styles.roles}>
      <Radio.Group
        aria-label={t('domains')}
        disabled={isReadOnly}
        value={value === 'all' ? 'all' : 'some'}
        options={[
          { value: 'all', label: t('all') },
          { value: 'some', label: t('some') },
        ]}
        onChange={(event) => onChange?.(event.target.value === 'all' ? 'all' : [])}
      />
      {value === 'all' ? null : (
        <DomainsSelect label={t('some')} isReadOnly={isReadOnly} value={value} onChange={(domains) => onChange?.([...domains])} />
      )}
    </div>
  );
}

function keeperOf(role: Role): 'security-admin' | 'audit-admin' | 'others' {
  return role === 'security-admin' || role === 'audit-admin' ? role : 'others';
}
