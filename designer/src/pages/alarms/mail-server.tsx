import { Button, Drawer, Form, Input, InputNumber, Select } from 'antd';
import { PencilLine } from 'lucide-react';
import { useState } from 'react';
import type { AlarmSettings } from '../../api/operations.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { Panel } from '../../kit/page/page-header.tsx';
import { SaveProblem } from '../../kit/feedback/save-problem.tsx';
import styles from './alarms.module.css';

const TEXTS = defineTexts({
  title: ['邮件服务器', 'Mail server'],
  help: ['告警邮件由它发出。', 'Mails about alarms are sent through it.'],
  none: ['未设置：邮件接收人收不到告警。', 'Not set: mail receivers are not notified.'],
  edit: ['设置', 'Set up'],
  server: ['服务器', 'Server'],
  host: ['主机', 'Host'],
  port: ['端口', 'Port'],
  security: ['加密', 'Encryption'],
  tls: ['TLS（通常 465）', 'TLS (usually 465)'],
  starttls: ['STARTTLS（通常 587）', 'STARTTLS (usually 587)'],
  noTls: ['不加密（仅本机）', 'None (this machine only)'],
  from: ['发件人', 'Sender'],
  user: ['用户名', 'User name'],
  password: ['密码', 'Password'],
  passwordHelp: ['留空则保持不变。', 'If empty, it stays unchanged.'],
  missing: ['请填写', 'Enter a value'],
  save: ['保存', 'Save'],
});

type Mail = NonNullable<AlarmSettings['mail']>;

interface MailServerProps {
  readonly mail: Mail | undefined;
  readonly mayEdit: boolean;
  readonly error: unknown;
  readonly isSaving: boolean;
  readonly onSave: (mail: Mail, password: string | undefined) => Promise<unknown>;
  readonly onReload: () => void;
}

export function MailServer({ mail, mayEdit, ...saving }: MailServerProps) {
  const t = useTexts(TEXTS);
  const [isOpen, setOpen] = useState(false);
  const security = mail === undefined ? '' : mail.security === 'none' ? t('noTls') : mail.security.toUpperCase();
  const edit = mayEdit ? (
    <Button icon={<PencilLine size={16} />} aria-label={`${t('edit')}: ${t('title')}`} onClick={() => setOpen(true)}>
      {t('edit')}
    </Button>
  ) : null;
  return (
    <Panel title={t('title')} help={t('help')} extra={edit}>
      {mail === undefined ? (
        <span className={styles.faint}>{t('none')}</span>
      ) : (
        <dl className={styles.mail}>
          <dt>{t('server')}</dt>
          <dd>
            <code>
              {mail.host}:{mail.port}
            </code>{' '}
            {security}
          </dd>
          <dt>{t('from')}</dt>
          <dd>{mail.from}</dd>
        </dl>
      )}
      {isOpen ? <MailDrawer mail={mail} {...saving} onClose={() => setOpen(false)} /> : null}
    </Panel>
  );
}

type Values = Mail & { readonly password?: string };

function MailDrawer({
  mail,
  error,
  isSaving,
  onSave,
  onReload,
  onClose,
}: Omit<MailServerProps, 'mayEdit'> & { readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const submit = ({ password, user, ...given }: Values) => {
    const next = user === undefined || user === '' ? given : { ...given, user };
    void onSave(next, password === '' ? undefined : password).then(onClose, () => undefined);
  };
  const required = [{ required: true, message: t('missing') }];
  return (
    <Drawer
      open
      title={t('title')}
      size={480}
      onClose={onClose}
      footer={
        <Button type="primary" form="mail-server" htmlType="submit" loading={isSaving}>
          {t('save')}
        </Button>
      }
    >
      <Form<Values>
        id="mail-server"
        layout="vertical"
        requiredMark={false}
        autoComplete="off"
        initialValues={mail ?? { port: 465, security: 'tls' }}
        onFinish={submit}
      >
        <div className={styles.pair}>
          <Form.Item name="host" label={t('host')} rules={required}>
            <Input maxLength={255} autoFocus />
          </Form.Item>
          <Form.Item name="port" label={t('port')} rules={required}>
            <InputNumber controls={false} min={1} max={65_535} precision={0} />
          </Form.Item>
        </div>
        <Form.Item name="security" label={t('security')}>
          <Select
            options={[
              { value: 'tls', label: t('tls') },
              { value: 'starttls', label: t('starttls') },
              { value: 'none', label: t('noTls') },
            ]}
          />
        </Form.Item>
        <Form.Item name="from" label={t('from')} rules={required}>
          <Input maxLength={255} placeholder="kangqiao@example.cn" />
        </Form.Item>
        <Form.Item name="user" label={t('user')}>
          <Input maxLength={255} autoComplete="off" />
        </Form.Item>
        <Form.Item name="password" label={t('password')} extra={t('passwordHelp')}>
          <Input.Password maxLength={500} autoComplete="new-password" />
        </Form.Item>
        <SaveProblem error={error} onReload={onReload} />
      </Form>
    </Drawer>
  );
}
