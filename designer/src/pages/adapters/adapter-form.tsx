import { Alert } from 'antd';
import type { AdapterTypeDescription } from '../../api/operations.ts';
import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import { useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { FormProvider } from '../../kit/form/form-context.tsx';
import { SchemaForm } from '../../kit/form/schema-form.tsx';
import { withSuggestedId } from '../../kit/document/suggested-id.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import type { Content } from '../../kit/document/content.ts';
import type { FormParts } from '../../kit/document/document-form.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { ABOUT, ABOUT_NEW, CHARSET, environmentsOf, LIMITS } from './adapter-schema.ts';
import { CredentialField } from './credential-field.tsx';
import { EnvironmentSettings } from './environment-settings.tsx';
import { FIELD_EDITORS } from '../../node-panel/fields/field-registry.ts';

const TEXTS = defineTexts({
  about: ['基本信息', 'About'],
  connection: ['连接设置', 'Connection'],
  connectionHelp: [
    '按环境分别填写；平台只用自己所在环境的设置，绝不借用其他环境的地址。',
    'Each environment has its own settings; the platform uses only those of its own environment, never the address of another one.',
  ],
  login: ['凭据与字符集', 'Credential and character set'],
  loginOnly: ['凭据', 'Credential'],
  limits: ['限额与超时', 'Limits and time-outs'],
  limitsHelp: [
    '保护对方系统：超出时在平台排队或拒绝。',
    'They protect the other system: calls beyond the limits wait or are refused here.',
  ],
  guarded: [
    '此适配器带凭据：您对连接设置和凭据的修改，保存时会作为申请交给能管理凭据的人（安全管理员）决定，以免凭据被发往别处。',
    'This adapter has a credential: when you save changes of its connection or credential, they become a request, which someone with the right to edit credentials decides on. This protects the credential from being sent to another address.',
  ],
});

interface AdapterFormProps extends FormParts {
  /** Id of the adapter; undefined for a new adapter, whose id is a field of the form. */
  readonly adapterId: string | undefined;
  readonly type: AdapterTypeDescription | undefined;
  readonly isReadOnly: boolean;
}

/** Edits an adapter in sections: identity, connection, login, and limits. */
export function AdapterForm({ content, change, isFresh, adapterId, type, isReadOnly }: AdapterFormProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const system = useQueryOf('system.get', {}, { enabled: may('system.read') });
  const credential = typeof content['credential'] === 'string' ? content['credential'] : undefined;
  const isGuarded = credential !== undefined && !may('secrets.edit');
  const id = adapterId ?? String(content['adapterId'] ?? '');
  const set = (next: Content) => change(adapterId === undefined ? withSuggestedId(content, next, 'adapterId', 'adp_') : next);
  const setField = (name: string, value: unknown) => {
    const { [name]: _old, ...rest } = content;
    change(value === undefined ? rest : { ...content, [name]: value });
  };
  const limits = isRecord(content['limits']) ? content['limits'] : {};
  const hasLogin = type === undefined || type.credential !== undefined;
  return (
    <FormProvider isReadOnly={isReadOnly}>
      <Panel title={t('about')}>
        <SchemaForm
          editors={FIELD_EDITORS}
          schema={adapterId === undefined ? ABOUT_NEW : ABOUT}
          value={content}
          isFresh={isFresh}
          onChange={set}
        />
      </Panel>
      <Panel title={t('connection')} help={t('connectionHelp')}>
        {isGuarded && !isReadOnly ? <Alert type="info" showIcon title={t('guarded')} /> : null}
        <FormProvider isReadOnly={isReadOnly}>
          <EnvironmentSettings
            environments={environmentsOf(content)}
            type={type}
            here={system.data?.environment}
            isFresh={isFresh}
            onChange={(environments) => setField('environments', environments)}
          />
        </FormProvider>
      </Panel>
      {hasLogin || type?.hasCharset ? (
        <Panel title={type?.hasCharset === false ? t('loginOnly') : t('login')}>
          {hasLogin ? (
            <CredentialField
              adapterId={id}
              label={text(content['name'] as Parameters<typeof text>[0]) || id}
              value={credential}
              hint={type?.credential}
              isReadOnly={isReadOnly}
              onChange={(name) => setField('credential', name)}
            />
          ) : null}
          {type?.hasCharset === false ? null : <SchemaForm editors={FIELD_EDITORS} schema={CHARSET} value={content} onChange={set} />}
        </Panel>
      ) : null}
      <Panel title={t('limits')} help={t('limitsHelp')}>
        <SchemaForm
          editors={FIELD_EDITORS}
          isDense
          schema={LIMITS}
          value={limits}
          onChange={(next) => setField('limits', Object.keys(next).length === 0 ? undefined : next)}
        />
      </Panel>
    </FormProvider>
  );
}
