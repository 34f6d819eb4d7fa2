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
import { PolicyOptions } from './policy-options.tsx';
import { FIELD_EDITORS } from '../../node-panel/fields/field-registry.ts';

const TEXTS = defineTexts({
  about: ['基本信息', 'About'],
  address: ['地址', 'Address'],
  target: ['目标', 'Target'],
  targetHelp: ['收到的请求交给一个已发布的流程，或直接转发给后端服务。', 'Requests go to a published flow, or directly to a service.'],
  flow: ['流程', 'A flow'],
  upstream: ['后端服务', 'An upstream service'],
  access: ['访问与策略', 'Access and policies'],
  accessHelp: ['谁能调用由授权决定；这里是另外的限制。', 'Grants define who may call; these are additional limits.'],
  times: ['时限与重试', 'Time-outs and retries'],
  log: ['日志', 'Log'],
  formats: ['请求与应答格式', 'Formats of request and response'],
  formatsHelp: ['在网关处校验，不合格的请求到不了流程。', 'Checked by the gateway: requests that do not match never reach the flow.'],
});

interface InterfaceFormProps extends FormParts {
  readonly isNew: boolean;
  readonly isReadOnly: boolean;
  readonly issues: readonly Issue[];
}

/** Edits an interface in sections: identity, address, target, policies, time limits and logging. */
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
  return (
    <FormProvider isReadOnly={isReadOnly}>
      <Panel title={t('about')}>{section(isNew ? 'aboutNew' : 'about')}</Panel>
      <Panel title={t('address')}>{section('address')}</Panel>
      <Panel title={t('target')} help={t('targetHelp')}>
        <TargetForm
          target={isRecord(content['target']) ? content['target'] : {}}
          issues={issues}
          isFresh={isFresh}
          isReadOnly={isReadOnly}
          onChange={(target) => change({ ...content, target })}
        />
      </Panel>
      <Panel title={t('access')} help={t('accessHelp')}>
        {section('limits')}
        <PolicyOptions front={content['front'] as Front} policies={policiesOf(content)} issues={issues} onChange={setPolicies} />
      </Panel>
      <Panel title={t('times')}>{section('times', true)}</Panel>
      <Panel title={t('log')}>{section('log')}</Panel>
      <Panel title={t('formats')} help={t('formatsHelp')}>
        <FormatsForm content={content} issues={issues} onChange={set} />
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
