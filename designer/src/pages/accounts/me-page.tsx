import { App, Button, Form, Input, InputNumber, Modal } from 'antd';
import { KeyRound, MonitorSmartphone, Plus, Terminal } from 'lucide-react';
import { useState } from 'react';
import type { SessionLine } from '../../api/outputs.ts';
import { useMutationOf, useQueryOf } from '../../api/queries.ts';
import { useMe } from '../../app/session.tsx';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../parts/confirm-act.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { ErrorBox } from '../../parts/error-box.tsx';
import { Page, PageHeader, Panel } from '../../parts/page-header.tsx';
import { Tag } from '../../parts/status-tag.tsx';
import { TimeText } from '../../parts/time-text.tsx';
import { OneTimePassword } from './one-time-password.tsx';
import styles from './accounts.module.css';
import { ROLE_TEXTS } from './role-texts.ts';

const TEXTS = defineTexts({
  title: ['我的账号', 'My account'],
  password: ['修改密码', 'Change the password'],
  old: ['现在的密码', 'Present password'],
  next: ['新密码（至少 12 个字符）', 'New password (12 characters at least)'],
  missing: ['请输入', 'Enter it'],
  changed: ['密码已修改，其他会话已结束', 'The password is changed; other sessions are ended'],
  sessions: ['会话与令牌', 'Sessions and tokens'],
  session: ['浏览器会话', 'Browser session'],
  token: ['命令行令牌', 'Command line token'],
  kind: ['种类', 'Kind'],
  label: ['名称', 'Label'],
  current: ['当前', 'This one'],
  created: ['开始', 'Begun'],
  seen: ['最近使用', 'Last used'],
  expires: ['到期', 'Ends'],
  end: ['结束', 'End'],
  endEffect: ['使用它的浏览器或程序立即退出。', 'Whoever uses it is logged out now.'],
  issue: ['签发令牌', 'Issue a token'],
  issueHelp: ['供命令行使用，权限与本账号相同。', 'For the command line; it may do what this account may do.'],
  days: ['有效天数', 'Days it is good for'],
  empty: ['没有会话', 'No sessions'],
  cancel: ['取消', 'Cancel'],
});

/** One's own password, sessions and tokens. */
export function MePage() {
  const t = useTexts(TEXTS);
  const role = useTexts(ROLE_TEXTS);
  const format = useFormat();
  const me = useMe();
  return (
    <Page>
      <PageHeader title={t('title')} help={`${me.name} · ${format.list(me.roles.map((name) => role(name)))}`} />
      <Panel title={t('password')}>
        <ChangePassword />
      </Panel>
      <Sessions />
    </Page>
  );
}

interface Passwords {
  readonly oldPassword: string;
  readonly newPassword: string;
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

function Sessions() {
  const t = useTexts(TEXTS);
  const confirm = useConfirm();
  const sessions = useQueryOf('me.sessions', {});
  const end = useMutationOf('me.end-session');
  const [isIssuing, setIssuing] = useState(false);
  const kind = (line: SessionLine) => t(line.kind);
  return (
    <>
      <DataTable<SessionLine>
        label={t('sessions')}
        rows={sessions.data?.items}
        rowKey={({ id }) => id}
        searchText={({ label }) => label}
        columns={[
          {
            key: 'kind',
            title: t('kind'),
            value: kind,
            render: (line) => (
              <Tag tone="grey" icon={line.kind === 'token' ? Terminal : MonitorSmartphone}>
                {kind(line)}
              </Tag>
            ),
          },
          {
            key: 'label',
            title: t('label'),
            value: ({ label }) => label,
            render: ({ label, current }) => (current ? <Tag tone="green">{t('current')}</Tag> : label),
          },
          {
            key: 'created',
            title: t('created'),
            value: ({ createdAt }) => createdAt,
            render: ({ createdAt }) => <TimeText at={createdAt} />,
          },
          {
            key: 'seen',
            title: t('seen'),
            value: ({ lastSeenAt }) => lastSeenAt,
            render: ({ lastSeenAt }) => <TimeText at={lastSeenAt} isAgo />,
          },
          {
            key: 'expires',
            title: t('expires'),
            value: ({ expiresAt }) => expiresAt,
            render: ({ expiresAt }) => <TimeText at={expiresAt} />,
          },
          {
            key: 'end',
            title: '',
            render: ({ id, current }) =>
              current ? null : (
                <Button
                  size="small"
                  onClick={() =>
                    confirm({
                      title: t('end'),
                      effect: t('endEffect'),
                      verb: t('end'),
                      isDangerous: true,
                      run: () => end.mutateAsync({ id }),
                    })
                  }
                >
                  {t('end')}
                </Button>
              ),
          },
        ]}
        isLoading={sessions.isPending}
        error={sessions.error}
        onRefresh={() => void sessions.refetch()}
        actions={
          <Button icon={<Plus size={16} />} onClick={() => setIssuing(true)}>
            {t('issue')}
          </Button>
        }
        empty={<EmptyState title={t('empty')} />}
        exportName="sessions"
      />
      {isIssuing ? <IssueToken onClose={() => setIssuing(false)} /> : null}
    </>
  );
}

function IssueToken({ onClose }: { readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const create = useMutationOf('me.create-token', ['me']);
  const [form] = Form.useForm<{ label: string; days: number }>();
  if (create.data !== undefined)
    return <OneTimePassword name={form.getFieldValue('label') as string} password={create.data.token} isToken onClose={onClose} />;
  return (
    <Modal
      open
      title={t('issue')}
      okText={t('issue')}
      cancelText={t('cancel')}
      confirmLoading={create.isPending}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <p>{t('issueHelp')}</p>
      <Form form={form} layout="vertical" initialValues={{ days: 30 }} onFinish={(values) => create.mutate(values)}>
        <Form.Item name="label" label={t('label')} rules={[{ required: true, message: t('missing') }]}>
          <Input maxLength={100} autoFocus />
        </Form.Item>
        <Form.Item name="days" label={t('days')}>
          <InputNumber min={1} max={90} controls={false} />
        </Form.Item>
      </Form>
      {create.error === null ? null : <ErrorBox error={create.error} />}
    </Modal>
  );
}
