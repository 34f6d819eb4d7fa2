import { App, Modal } from 'antd';
import { useState } from 'react';
import { useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useLanguage, useText, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { FormProvider } from '../../kit/form/form-context.tsx';
import { useStartDomain } from '../../kit/form/inputs/domain-select.tsx';
import { SchemaForm } from '../../kit/form/schema-form.tsx';
import type { Content } from '../../kit/document/content.ts';
import { withSuggestedId } from '../../kit/document/suggested-id.ts';
import { FIELD_EDITORS } from '../../node-panel/fields/field-registry.ts';
import { newRuleSet, RULE_SET_FIELDS, RULE_SET_NEW, ruleSetProblems, type RuleSet, wholeRuleSet } from './rule-set-schema.ts';

const TEXTS = defineTexts({
  create: ['新建规则组', 'New rule set'],
  save: ['保存', 'Save'],
  cancel: ['取消', 'Cancel'],
  close: ['关闭', 'Close'],
  saved: ['规则组已保存，一秒内在全部网关生效', 'The rule set is saved and reaches all gateways within a second'],
});

interface RuleSetDialogProps {
  /** Undefined for a new set. */
  readonly stored: RuleSet | undefined;
  readonly onClose: () => void;
}

/** Edits a rule set, or creates one. */
export function RuleSetDialog(props: RuleSetDialogProps) {
  const start = useStartDomain();
  // Wait until the domain is loaded, so that the form has it from the start.
  return start === undefined ? null : <Dialog {...props} start={start} />;
}

function Dialog({ stored, start, onClose }: RuleSetDialogProps & { readonly start: string }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const language = useLanguage();
  const { message } = App.useApp();
  const mayEdit = useMay()('interfaces.edit');
  const save = useMutationOf('object-rules.save');
  const [content, setContent] = useState<Content>(() => contentOf(stored) ?? newRuleSet(start));
  const [isFresh, setFresh] = useState(stored === undefined);
  const fixed = stored === undefined ? { revision: 0 } : { ruleSetId: stored.ruleSetId, revision: stored.revision };
  const submit = async () => {
    setFresh(false);
    if (ruleSetProblems(content, fixed, language).length > 0) return;
    const document = wholeRuleSet(content, fixed);
    await save.mutateAsync({ ruleSetId: document.ruleSetId, document });
    void message.success(t('saved'));
    onClose();
  };
  return (
    <Modal
      open
      width={760}
      title={stored === undefined ? t('create') : text(stored.name)}
      okText={t('save')}
      cancelText={mayEdit ? t('cancel') : t('close')}
      okButtonProps={{ hidden: !mayEdit }}
      confirmLoading={save.isPending}
      onCancel={onClose}
      onOk={() => void submit().catch(() => undefined)}
    >
      <FormProvider isReadOnly={!mayEdit}>
        <SchemaForm
          editors={FIELD_EDITORS}
          schema={stored === undefined ? RULE_SET_NEW : RULE_SET_FIELDS}
          value={content}
          isFresh={isFresh}
          onChange={(next) => setContent(stored === undefined ? withSuggestedId(content, next, 'ruleSetId', 'ors_') : next)}
        />
      </FormProvider>
      {save.error === null ? null : <ErrorBox error={save.error} />}
    </Modal>
  );
}

function contentOf(stored: RuleSet | undefined): Content | undefined {
  if (stored === undefined) return undefined;
  const { ruleSetId: _id, revision: _revision, usedBy: _users, ...content } = stored;
  return content;
}
