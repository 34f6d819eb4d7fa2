/**
 * Offers an upgrade for a node whose type has a newer major version. Without the upgrade the node continues to work.
 * With it, the configuration is converted.
 */
import { useMutation } from '@tanstack/react-query';
import { Alert, Button } from 'antd';
import type { FlowNode } from '../../../engine/contract/flow/flow-document.ts';
import type { NodeDescription } from '../api/operations.ts';
import { call } from '../api/client.ts';
import { useEditor } from '../editor/state/editor-context.tsx';
import { defineTexts, useLanguage, useText, useTexts } from '../i18n/texts.ts';
import { ErrorBox } from '../kit/feedback/error-box.tsx';
import { useForm } from '../kit/form/form-context.tsx';
import { useNodeEdits } from './use-node-edits.ts';

const TEXTS = defineTexts({
  newer: ['这个节点有新版：{{name}}', 'There is a newer version of this node: {{name}}'],
  changes: ['升级后的不同', 'What changes'],
  stays: [
    '不升级也照常运行。升级后请试运行；可以撤销。',
    'The current version keeps working. Try the flow after the upgrade; you can undo it.',
  ],
  upgrade: ['升级', 'Upgrade'],
});

export function NewerMajor({ node, type }: { readonly node: FlowNode; readonly type: NodeDescription }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const language = useLanguage();
  const { isReadOnly } = useForm();
  const edits = useNodeEdits(node.id);
  const newer = useEditor(({ types }) => (type.upgradesTo === undefined ? undefined : types.get(type.upgradesTo)));
  const convert = useMutation({ mutationFn: () => call('nodes.upgrade', { type: node.type, config: node.config }) });
  if (newer === undefined) return null;
  const upgrade = () => convert.mutate(undefined, { onSuccess: (upgraded) => edits.upgrade(upgraded, language) });
  return (
    <>
      <Alert
        type="info"
        showIcon
        title={t('newer', { name: `${text(newer.text.label)} ${newer.name}` })}
        description={
          <>
            <p>{text(newer.text.help)}</p>
            {newer.upgradeChanges === undefined ? null : (
              <>
                <p>{t('changes')}</p>
                <ul>
                  {newer.upgradeChanges.map((change) => (
                    <li key={change.en}>{text(change)}</li>
                  ))}
                </ul>
              </>
            )}
            <p>{t('stays')}</p>
            {isReadOnly ? null : (
              <Button size="small" loading={convert.isPending} onClick={upgrade}>
                {t('upgrade')}
              </Button>
            )}
          </>
        }
      />
      {convert.error === null ? null : <ErrorBox error={convert.error} />}
    </>
  );
}
