import { Button } from 'antd';
import { Plus, Send } from 'lucide-react';
import { useId, useState } from 'react';
import { Link } from 'react-router';
import type { Text } from '../../../../engine/contract/values/texts.ts';
import { useListOf } from '../../api/queries.ts';
import { useMay, useMe } from '../../session/session-context.ts';
import { FieldFrame } from '../../kit/form/field-row.tsx';
import { FormProvider } from '../../kit/form/form-context.tsx';
import { ReferenceSelect, Warning } from '../../kit/form/inputs/reference-select.tsx';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { SecretDialog } from '../secrets/secret-dialog.tsx';
import styles from './adapters.module.css';

const TEXTS = defineTexts({
  label: ['凭据', 'Credential'],
  help: ['凭据的名称；值加密存储，不在这里出现。', 'The name of a secret; its value is stored sealed and never shown here.'],
  notBound: ['未授权给此适配器', 'Not allowed for this adapter'],
  create: ['新建凭据', 'New secret'],
  all: ['全部凭据', 'All secrets'],
  noRight: [
    '选择已有的或申请新凭据，然后保存：会作为申请交给安全管理员决定，凭据的值由其存入。',
    'Choose one or request a new one, then save: the security administrator decides on the request and stores the value.',
  ],
  toStore: ['待安全管理员存入', 'To be stored by the security administrator'],
  askNew: ['申请新凭据', 'Request a new one'],
  noId: ['先填写编号，再新建凭据。', 'Give the adapter its id first.'],
});

interface CredentialFieldProps {
  readonly adapterId: string;
  readonly label: string;
  readonly value: string | undefined;
  /** Describes the format of the credential's value. */
  readonly hint: Text | undefined;
  readonly isReadOnly: boolean;
  readonly onChange: (name: string | undefined) => void;
}

/**
 * Selects the credential with which the adapter logs in: an existing credential or a new one. Credentials that are
 * bound to this adapter come first.
 */
export function CredentialField({ adapterId, label, value, hint, isReadOnly, onChange }: CredentialFieldProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const id = useId();
  const [isCreating, setCreating] = useState(false);
  const secrets = useListOf('secrets.list', {});
  const { domains } = useMe();
  const mayCreate = may('secrets.edit') && !isReadOnly;
  // A new credential belongs to no domain at first. So an author who is limited to some domains can only choose an
  // existing one.
  const mayAsk = !may('secrets.edit') && !isReadOnly && domains === 'all' && value === undefined;
  const stored = secrets.data?.items
    .map(({ name, adapters }) => ({ name, isBound: adapters.includes(adapterId) }))
    .toSorted((a, b) => Number(b.isBound) - Number(a.isBound))
    .map(({ name, isBound }) => ({ id: name, name, ...(isBound ? {} : { mark: <Warning words={t('notBound')} /> }) }));
  const isAskedFor = value === nameFor(adapterId) && stored?.every(({ id: name }) => name !== value) === true && !may('secrets.edit');
  const references = isAskedFor ? [...stored, { id: value, name: value, mark: <Warning words={t('toStore')} /> }] : stored;
  const close = (saved?: string) => {
    setCreating(false);
    if (saved !== undefined) onChange(saved);
  };
  return (
    <FieldFrame
      htmlFor={id}
      label={t('label')}
      help={hint === undefined ? t('help') : `${text(hint)} ${t('help')}`}
      pointer="/credential"
      problems={[]}
      focus={undefined}
    >
      <div className={styles.credential}>
        <FormProvider isReadOnly={isReadOnly}>
          <ReferenceSelect
            id={id}
            label={t('label')}
            value={value}
            references={references}
            isLoading={secrets.isPending}
            isInvalid={false}
            onChange={onChange}
          />
        </FormProvider>
        {mayCreate ? (
          <Button
            icon={<Plus size={16} />}
            disabled={adapterId === ''}
            title={adapterId === '' ? t('noId') : ''}
            onClick={() => setCreating(true)}
          >
            {t('create')}
          </Button>
        ) : mayAsk ? (
          <Button
            icon={<Send size={16} />}
            disabled={adapterId === ''}
            title={adapterId === '' ? t('noId') : ''}
            onClick={() => onChange(nameFor(adapterId))}
          >
            {t('askNew')}
          </Button>
        ) : null}
      </div>
      <div className={styles.quiet}>{may('secrets.edit') ? <Link to="/secrets">{t('all')}</Link> : t('noRight')}</div>
      {isCreating ? (
        <SecretDialog purpose={{ adapterId, label }} hint={hint === undefined ? undefined : text(hint)} onClose={close} />
      ) : null}
    </FieldFrame>
  );
}

/**
 * Returns the name for a credential that does not exist yet. The approver of the request stores the value under this
 * name. `adp_his` gives `his-login`.
 */
function nameFor(adapterId: string): string {
  return `${adapterId.replace(/^adp_/, '')}-login`;
}
