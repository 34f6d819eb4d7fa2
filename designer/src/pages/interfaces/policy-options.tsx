import { Switch } from 'antd';
import type { Front } from '../../../../engine/contract/access/access.ts';
import type { Issue } from '../../../../engine/contract/values/errors.ts';
import type { PolicyDescription } from '../../api/operations.ts';
import { useQueryOf } from '../../api/queries.ts';
import { useForm } from '../../kit/form/form-context.tsx';
import { SchemaForm } from '../../kit/form/schema-form.tsx';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import type { Content } from '../../kit/document/content.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import styles from './interfaces.module.css';
import { FIELD_EDITORS } from '../../node-panel/fields/field-registry.ts';

const TEXTS = defineTexts({ always: ['此网关总是执行', 'Always on for this front'] });

type Policies = Readonly<Record<string, false | Content>>;

interface PolicyOptionsProps {
  readonly front: Front;
  readonly policies: Policies;
  readonly issues: readonly Issue[];
  readonly onChange: (policies: Policies) => void;
}

/**
 * Edits the policies of the gateway that an interface can switch on, switch off or configure. The other policies are
 * listed too, because they apply to every interface of the gateway.
 */
export function PolicyOptions({ front, policies, issues, onChange }: PolicyOptionsProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const list = useQueryOf('policies.list', {});
  const known = (list.data?.items ?? []).filter(({ fronts }) => fronts.includes(front));
  const isOpen = (policy: PolicyDescription) => policy.optionalOn.includes(front) || hasOptions(policy);
  const set = (name: string, value: false | Content | undefined) => {
    const { [name]: _old, ...rest } = policies;
    onChange(value === undefined ? rest : { ...rest, [name]: value });
  };
  return (
    <>
      {list.error === null ? null : <ErrorBox error={list.error} onRetry={() => void list.refetch()} />}
      {known.filter(isOpen).map((policy) => (
        <OnePolicy
          key={policy.name}
          policy={policy}
          front={front}
          value={policies[policy.name]}
          issues={issues}
          onChange={(value) => set(policy.name, value)}
        />
      ))}
      <div className={styles.always}>
        <span>{t('always')}</span>
        {known
          .filter((policy) => !isOpen(policy))
          .map(({ name, text: { label, help } }) => (
            <span key={name} title={text(help)}>
              <Tag tone="grey">{text(label)}</Tag>
            </span>
          ))}
      </div>
    </>
  );
}

interface OnePolicyProps {
  readonly policy: PolicyDescription;
  readonly front: Front;
  readonly value: false | Content | undefined;
  readonly issues: readonly Issue[];
  readonly onChange: (value: false | Content | undefined) => void;
}

function OnePolicy({ policy, front, value, issues, onChange }: OnePolicyProps) {
  const text = useText();
  const { isReadOnly } = useForm();
  const { name, options } = policy;
  const isDefault = policy.defaultOn.includes(front);
  const isOn = value === undefined ? isDefault : value !== false;
  const turn = (on: boolean) => onChange(on ? (isDefault ? undefined : {}) : isDefault ? false : undefined);
  return (
    <div className={styles.policy}>
      <div className={styles.policyHead}>
        <strong>{text(policy.text.label)}</strong>
        {policy.optionalOn.includes(front) ? (
          <Switch size="small" checked={isOn} disabled={isReadOnly} aria-label={text(policy.text.label)} onChange={turn} />
        ) : null}
      </div>
      <div className={styles.quiet}>{text(policy.text.help)}</div>
      {isOn && hasOptions(policy) ? (
        <SchemaForm
          editors={FIELD_EDITORS}
          schema={options}
          value={value === undefined || value === false ? {} : value}
          issues={issues}
          prefix={`/policies/${name}`}
          tellsRest
          onChange={(next) => onChange(isDefault && Object.keys(next).length === 0 ? undefined : next)}
        />
      ) : null}
    </div>
  );
}

function hasOptions({ options }: PolicyDescription): boolean {
  return Object.keys((options['properties'] ?? {}) as object).length > 0;
}
