import { Button, Checkbox, Form, Input, InputNumber, Modal, Radio } from 'antd';
import { LogOut, Plus } from 'lucide-react';
import { useState } from 'react';
import type { Permission } from '../../../../engine/contract/access/access.ts';
import type { SessionLine } from '../../api/operations.ts';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { useMe } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import styles from './accounts.module.css';
import { OneTimePassword } from './one-time-password.tsx';
import { SessionTable } from './session-table.tsx';

const TEXTS = defineTexts({
  endOthers: ['结束其他全部', 'End all others'],
  endOthersEffect: [
    '结束其他 {{sessions}} 个浏览器会话和 {{tokens}} 个令牌：使用它们的浏览器和程序立即退出，只保留当前会话。',
    'Ends {{sessions}} other browser sessions and {{tokens}} tokens: the browsers and programs that use them are logged out now. Only this session remains.',
  ],
  issue: ['签发令牌', 'Issue a token'],
  issueHelp: [
    '供命令行与自动化程序使用。令牌不能迁移、备份、查看凭据或删除密钥，这些操作须由本人凭密码执行。',
    'For the command line and other programs. A token cannot move or back up data, reveal secrets or remove keys: that requires you with your password.',
  ],
  label: ['用途', 'Purpose'],
  days: ['有效天数', 'Valid for (days)'],
  scope: ['权限', 'Rights'],
  named: ['只有所选的权限', 'Only those selected here'],
  all: ['与本账号相同', 'All rights of this account'],
  missing: ['请输入', 'Enter a value'],
  rightsMissing: ['至少选一项', 'Choose at least one'],
  cancel: ['取消', 'Cancel'],
});

/** Permissions that a token cannot have. Their actions ask for the password again, and a token has none. */
const NOT_OF_TOKENS: readonly Permission[] = ['secrets.reveal'];

export function OwnSessions() {
  const t = useTexts(TEXTS);
  const sessions = useListOf('me.sessions', {});
  const end = useMutationOf('me.end-session');
  const [isIssuing, setIssuing] = useState(false);
  return (
    <>
      <SessionTable
        rows={sessions.data?.items}
        isLoading={sessions.isPending}
        error={sessions.error}
        onRefresh={() => void sessions.refetch()}
        onEnd={(id) => end.mutateAsync({ id })}
        actions={
          <>
            <EndOthers sessions={sessions.data?.items ?? []} />
            <Button icon={<Plus size={16} />} onClick={() => setIssuing(true)}>
              {t('issue')}
            </Button>
          </>
        }
      />
      {isIssuing ? <IssueToken onClose={() => setIssuing(false)} /> : null}
    </>
  );
}

function EndOthers({ sessions }: { readonly sessions: readonly SessionLine[] }) {
  const t = useTexts(TEXTS);
  const confirm = useConfirm();
  const end = useMutationOf('me.end-other-sessions');
  const others = sessions.filter(({ current }) => !current);
  const count = (kind: SessionLine['kind']) => others.filter((one) => one.kind === kind).length;
  const effect = t('endOthersEffect', { sessions: count('session'), tokens: count('token') });
  const ask = () => confirm({ title: t('endOthers'), effect, verb: t('endOthers'), isDangerous: true, run: () => end.mutateAsync({}) });
  return (
    <Button disabled={others.length === 0} icon={<LogOut size={16} />} onClick={ask}>
      {t('endOthers')}
    </Button>
  );
}

interface TokenValues {
  readonly label: string;
  readonly days: number;
  readonly scope: 'named' | 'all';
  readonly rights?: Permission[];
}

function IssueToken({ onClose }: { readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const { permissions } = useMe();
  const create = useMutationOf('me.create-token', ['me']);
  const [form] = Form.useForm<TokenValues>();
  const scope = Form.useWatch('scope', form);
  if (create.data !== undefined)
    return <OneTimePassword name={form.getFieldValue('label') as string} password={create.data.token} isToken onClose={onClose} />;
  const submit = ({ label, days, scope: chosen, rights }: TokenValues) =>
    create.mutate({ label, days, ...(chosen === 'named' && rights !== undefined ? { rights } : {}) });
  return (
    <Modal
      open
      width={560}
      title={t('issue')}
      okText={t('issue')}
      cancelText={t('cancel')}
      confirmLoading={create.isPending}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <p>{t('issueHelp')}</p>
      <Form form={form} layout="vertical" initialValues={{ days: 30, scope: 'named', rights: [] }} onFinish={submit}>
        <Form.Item name="label" label={t('label')} rules={[{ required: true, message: t('missing') }]}>
          <Input maxLength={100} autoFocus />
        </Form.Item>
        <Form.Item name="days" label={t('days')} rules={[{ required: true, message: t('missing') }]}>
          <InputNumber min={1} max={366} precision={0} controls={false} />
        </Form.Item>
        <Form.Item name="scope" label={t('scope')}>
          <Radio.Group
            options={[
              { value: 'named', label: t('named') },
              { value: 'all', label: t('all') },
            ]}
          />
        </Form.Item>
        {scope === 'all' ? null : (
          <Form.Item name="rights" rules={[{ type: 'array', min: 1, message: t('rightsMissing') }]}>
            <Checkbox.Group
              className={styles.rights ?? ''}
              options={permissions.filter((right) => !NOT_OF_TOKENS.includes(right)).map((right) => ({ value: right, label: right }))}
            />
          </Form.Item>
        )}
      </Form>
      {create.error === null ? null : <ErrorBox error={create.error} />}
    </Modal>
  );
}
