import { Segmented } from 'antd';
import type { Front } from '../../../../engine/contract/access/access.ts';
import type { Issue } from '../../../../engine/contract/values/errors.ts';
import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import { fieldsOf } from '../../kit/form/field-schema.ts';
import { FormProvider, useForm } from '../../kit/form/form-context.tsx';
import { AddButton } from '../../kit/form/item-buttons.tsx';
import { SchemaForm, type FormValue } from '../../kit/form/schema-form.tsx';
import { withSuggestedId } from '../../kit/document/suggested-id.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import type { Content } from '../../kit/document/content.ts';
import type { FormParts } from '../../kit/document/document-form.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { policiesOf, SECTIONS, TARGETS, withFrontPath } from './interface-schema.ts';
import styles from './interfaces.module.css';
import { PolicyOptions, type PolicyGroup } from './policy-options.tsx';
import { FIELD_EDITORS } from '../../node-panel/fields/field-registry.ts';

const TEXTS = defineTexts({
  about: ['基本信息', 'About'],
  address: ['地址', 'Address'],
  target: ['目标', 'Target'],
  flow: ['流程', 'A flow'],
  upstream: ['后端服务', 'An upstream service'],
  caller: ['谁可以调用', 'Who may call'],
  callerHelp: ['先由授权决定；这里是另外的限制。', 'Grants define who may call; these are additional limits.'],
  volume: ['调用多少', 'How much'],
  volumeHelp: ['限制每个来源和应用的调用频率，以及处理的时间。', 'Limits how often each address and app may call, and for how long.'],
  content: ['内容可以是什么', 'What may be in it'],
  contentHelp: ['在网关处检查，不合格的请求到不了目标。', 'Checked by the gateway: requests that do not match never reach the target.'],
  where: ['转到哪里', 'Where it goes'],
  whereHelp: ['收到的请求交给一个已发布的流程，或直接转发给后端服务。', 'Requests go to a published flow, or directly to a service.'],
  records: ['留存什么', 'What is kept'],
  recordsHelp: ['每次调用在访问日志中留下的内容。', 'What the access log keeps of each call.'],
});

interface InterfaceFormProps extends FormParts {
  readonly isNew: boolean;
  readonly isReadOnly: boolean;
  readonly issues: readonly Issue[];
}

/**
 * Edits an interface: what it is, its address, and then one section for each question that its policies answer. The
 * fields of the document stand in the section of the question that they answer too.
 */
export function InterfaceForm({ content, change, isFresh, isNew, isReadOnly, issues }: InterfaceFormProps) {
  const t = useTexts(TEXTS);
  const set = (next: Content) => change(withFrontPath(content, isNew ? withSuggestedId(content, next, 'interfaceId', 'ifc_') : next));
  const setPolicies = (policies: Content) => {
    const { policies: _old, ...rest } = content;
    change(Object.keys(policies).length === 0 ? rest : { ...content, policies });
  };
  const section = (name: keyof typeof SECTIONS, isDense = false) => (
    <SchemaForm
      editors={FIELD_EDITORS}
      isDense={isDense}
      schema={SECTIONS[name]}
      value={content}
      issues={issues}
      isFresh={isFresh}
      onChange={set}
    />
  );
  const policiesFor = (group: PolicyGroup) => (
    <PolicyOptions front={content['front'] as Front} group={group} policies={policiesOf(content)} issues={issues} onChange={setPolicies} />
  );
  return (
    <FormProvider isReadOnly={isReadOnly}>
      <Panel title={t('about')}>{section(isNew ? 'aboutNew' : 'about')}</Panel>
      <Panel title={t('address')}>{section('address')}</Panel>
      <Panel title={t('caller')} help={t('callerHelp')}>
        {policiesFor('caller')}
      </Panel>
      <Panel title={t('volume')} help={t('volumeHelp')}>
        {policiesFor('volume')}
      </Panel>
      <Panel title={t('content')} help={t('contentHelp')}>
        {section('limits')}
        <FormatsForm content={content} issues={issues} onChange={set} />
        {policiesFor('content')}
      </Panel>
      <Panel title={t('where')} help={t('whereHelp')}>
        <TargetForm
          target={isRecord(content['target']) ? content['target'] : {}}
          issues={issues}
          isFresh={isFresh}
          isReadOnly={isReadOnly}
          onChange={(target) => change({ ...content, target })}
        />
        {section('times', true)}
        {policiesFor('target')}
      </Panel>
      <Panel title={t('records')} help={t('recordsHelp')}>
        {section('log')}
        {policiesFor('records')}
      </Panel>
    </FormProvider>
  );
}

interface FormatsFormProps {
  readonly content: Content;
  readonly issues: readonly Issue[];
  readonly onChange: (content: Content) => void;
}

/** Edits the formats of requests and replies as JSON. For a format that is absent, shows a button that adds it. */
function FormatsForm({ content, issues, onChange }: FormatsFormProps) {
  const text = useText();
  const { isReadOnly } = useForm();
  const absent = fieldsOf(SECTIONS.formats).filter(({ name }) => content[name] === undefined);
  return (
    <>
      <SchemaForm
        editors={FIELD_EDITORS}
        schema={SECTIONS.formats}
        value={content}
        issues={issues}
        without={absent.map(({ name }) => name)}
        onChange={onChange}
      />
      {isReadOnly ? null : (
        <div className={styles.adders}>
          {absent.map(({ name, schema }) => (
            <AddButton
              key={name}
              words={text(schema.text?.label)}
              isOff={false}
              onClick={() => onChange({ ...content, [name]: { type: 'object', properties: {} } })}
            />
          ))}
        </div>
      )}
    </>
  );
}

interface TargetFormProps {
  readonly target: FormValue;
  readonly issues: readonly Issue[];
  readonly isFresh: boolean;
  readonly isReadOnly: boolean;
  readonly onChange: (target: FormValue) => void;
}

function TargetForm({ target, issues, isFresh, isReadOnly, onChange }: TargetFormProps) {
  const t = useTexts(TEXTS);
  const kind = target['kind'] === 'upstream' ? 'upstream' : 'flow';
  const { kind: _kind, ...value } = target;
  return (
    <>
      <Segmented<'flow' | 'upstream'>
        className={styles.target ?? ''}
        aria-label={t('target')}
        value={kind}
        disabled={isReadOnly}
        options={(['flow', 'upstream'] as const).map((name) => ({ value: name, label: t(name) }))}
        onChange={(next) => onChange(next === 'flow' ? { kind: 'flow' } : { kind: 'upstream', instances: [''] })}
      />
      <SchemaForm
        editors={FIELD_EDITORS}
        key={kind}
        schema={TARGETS[kind]}
        value={value}
        issues={issues}
        prefix="/target"
        isFresh={isFresh}
        onChange={(next) => onChange({ kind, ...next })}
      />
    </>
  );
}
