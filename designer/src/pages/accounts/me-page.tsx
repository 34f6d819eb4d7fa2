import { Alert, App, Button, Form, Input } from 'antd';
import { KeyRound } from 'lucide-react';
import { useState } from 'react';
import { useMutationOf } from '../../api/queries.ts';
import { useMe } from '../../session/session-context.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Page, PageHeader, Panel } from '../../kit/page/page-header.tsx';
import styles from './accounts.module.css';
import { ROLE_TEXTS } from '../../i18n/role-texts.ts';
import { SecondFactor } from './second-factor.tsx';
import { OwnSessions } from './own-sessions.tsx';

const TEXTS = defineTexts({
  title: ['我的账号', 'My account'],
  password: ['修改密码', 'Change the password'],
  old: ['现在的密码', 'Current password'],
  next: ['新密码（至少 12 个字符）', 'New password (at least 12 characters)'],
  missing: ['请输入', 'Enter a value'],
  changed: ['密码已修改，其他会话已结束', 'The password was changed; other sessions have ended'],
  factor: ['第二因素', 'Second factor'],
  domains: ['服务域：{{domains}}', 'domains: {{domains}}'],
  expires: ['密码将于 {{days}} 天后到期，请提前修改。', 'Your password must be changed within {{days}} {{days|day|days}}.'],
});

/** Shows the user's own password, second factor, sessions and tokens. */
export function MePage() {
  const t = useTexts(TEXTS);
  const role = useTexts(ROLE_TEXTS);
  const format = useFormat();
  const me = useMe();
  const domains = me.domains === 'all' ? '' : ` · ${t('domains', { domains: format.list(me.domains) })}`;
  return (
    <Page>
      <PageHeader title={t('title')} help={`${me.name} · ${format.list(me.roles.map((name) => role(name)))}${domains}`} />
      <PasswordAge />
      <Panel title={t('password')}>
        <ChangePassword />
      </Panel>
      <Panel title={t('factor')}>
        <SecondFactor />
      </Panel>
      <OwnSessions />
    </Page>
  );
}

interface Passwords {
  readonly oldPassword: string;
  readonly newPassword: string;
}

/** The user is warned in the last days before their password expires; this is the number of these days. */
const WARN_DAYS = 14;
const DAY_MS = 86_400_000;

function PasswordAge() {
  const t = useTexts(TEXTS);
  const { passwordExpiresAt } = useMe();
  const [now] = useState(Date.now);
  const days = passwordExpiresAt === undefined ? undefined : Math.ceil((passwordExpiresAt - now) / DAY_MS);
  return days === undefined || days > WARN_DAYS ? null : <Alert type="warning" showIcon title={t('expires', { days })} />;
}

function ChangePassword() {
  const t = useTexts(TEXTS);
  const { message } = App.useApp();
  const [form] = Form.useForm<Passwords>();
  const change = useMutationOf('me.change-password');
  const submit = async (values: Passwords) => {
    await change.mutateAsync(values);
    form.resetFields();
    void message.success(t('changed'));
  };
  const rules = [{ required: true, message: t('missing') }];
  return (
    <Form
      form={form}
      layout="vertical"
      className={styles.narrow ?? ''}
      requiredMark={false}
      onFinish={(values) => void submit(values).catch(() => undefined)}
    >
      <Form.Item name="oldPassword" label={t('old')} rules={rules}>
        <Input.Password autoComplete="current-password" />
      </Form.Item>
      <Form.Item name="newPassword" label={t('next')} rules={rules}>
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      {change.error === null ? null : <ErrorBox error={change.error} />}
      <Button htmlType="submit" icon={<KeyRound size={16} />} loading={change.isPending}>
        {t('password')}
      </Button>
    </Form>
  );
}
