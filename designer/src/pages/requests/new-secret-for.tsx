import { Alert, Button } from 'antd';
import { useState } from 'react';
import type { Input, Output } from '../../api/operation-types.ts';
import { useListOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { SecretDialog } from '../secrets/secret-dialog.tsx';

const TEXTS = defineTexts({
  missing: ['凭据“{{name}}”还不存在', 'The credential "{{name}}" does not exist yet'],
  missingNext: ['先存入它的值，再同意这项申请。', 'Store its value first, then accept the request.'],
  unbound: ['凭据“{{name}}”还没有授权给这个适配器', 'This adapter may not use the credential "{{name}}" yet'],
  unboundNext: [
    '在这里设置其值并把适配器加入，再同意这项申请。',
    'Set its value here and add this adapter to those that may use it, then accept.',
  ],
  create: ['存入凭据', 'Store the credential'],
});

/**
 * Lets the approver enter the credential for a requested adapter. It is shown if the credential does not exist yet or
 * is not bound to the adapter.
 */
export function NewSecretFor({ request: { action, input } }: { readonly request: Output<'requests.get'> }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const [isOpen, setOpen] = useState(false);
  const isAdapter = action === 'adapters.save';
  const secrets = useListOf('secrets.list', {}, { enabled: isAdapter });
  if (!isAdapter || secrets.data === undefined || !may('secrets.edit')) return null;
  const { adapterId, document } = input as Input<'adapters.save'>;
  const { credential } = document;
  const known = secrets.data.items.find(({ name }) => name === credential);
  if (credential === undefined || known?.adapters.includes(adapterId) === true) return null;
  const purpose = { adapterId, label: text(document.name) || adapterId };
  return (
    <>
      <Alert
        type="warning"
        showIcon
        title={t(known === undefined ? 'missing' : 'unbound', { name: credential })}
        description={t(known === undefined ? 'missingNext' : 'unboundNext')}
        action={<Button onClick={() => setOpen(true)}>{t('create')}</Button>}
      />
      {isOpen ? (
        <SecretDialog
          secret={{ name: credential, adapters: [...(known?.adapters ?? []), adapterId] }}
          purpose={purpose}
          onClose={() => setOpen(false)}
        />
      ) : null}
    </>
  );
}
