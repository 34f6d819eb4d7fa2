import { Switch } from 'antd';
import { Ban, ChevronDown, ChevronRight, CircleDot, Lock, Pencil, type LucideIcon } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import type { Front } from '../../../../engine/contract/access/access.ts';
import type { Issue } from '../../../../engine/contract/values/errors.ts';
import type { PolicyDescription } from '../../api/operations.ts';
import { useQueryOf } from '../../api/queries.ts';
import { useForm } from '../../kit/form/form-context.tsx';
import { SchemaForm } from '../../kit/form/schema-form.tsx';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import type { Content } from '../../kit/document/content.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Tag, type Tone } from '../../kit/feedback/status-tag.tsx';
import styles from './interfaces.module.css';
import { FIELD_EDITORS } from '../../node-panel/fields/field-registry.ts';
import { useOptionsInWords } from './policy-summary.ts';

const TEXTS = defineTexts({
  always: ['固定', 'Always on'],
  default: ['默认', 'Default'],
  set: ['已设置', 'Set'],
  off: ['未启用', 'Off'],
});

export type PolicyGroup = PolicyDescription['group'];
type Policies = Readonly<Record<string, false | Content>>;

interface PolicyOptionsProps {
  readonly front: Front;
  /** The question whose policies are shown. */
  readonly group: PolicyGroup;
  readonly policies: Policies;
  readonly issues: readonly Issue[];
  readonly onChange: (policies: Policies) => void;
}

/**
 * Shows the policies of the front that answer one question. Each is a line that unfolds to its help and its form.
 * Policies without a choice are listed too, because they apply to every interface of the front.
 */
export function PolicyOptions({ front, group, policies, issues, onChange }: PolicyOptionsProps) {
  const list = useQueryOf('policies.list', {});
  const known = (list.data?.items ?? []).filter((policy) => policy.group === group && policy.fronts.includes(front));
  const set = (name: string, value: false | Content | undefined) => {
    const { [name]: _old, ...rest } = policies;
    onChange(value === undefined ? rest : { ...rest, [name]: value });
  };
  if (list.error !== null && list.data === undefined) return <ErrorBox error={list.error} onRetry={() => void list.refetch()} />;
  if (known.length === 0) return null;
  return (
    <ul className={styles.policies}>
      {known.map((policy) => (
        <OnePolicy
          key={policy.name}
          policy={policy}
          front={front}
          value={policies[policy.name]}
          issues={issues}
          onChange={(value) => set(policy.name, value)}
        />
      ))}
    </ul>
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
  const id = useId();
  const { isReadOnly } = useForm();
  const optionsInWords = useOptionsInWords();
  const { name, options } = policy;
  const hasProblem = issues.some(({ path }) => path === `/policies/${name}` || path.startsWith(`/policies/${name}/`));
  const [address] = useSearchParams();
  // A link from a refused call leads to the policy that decided it.
  const isNamed = address.get('policy') === name;
  const [isUnfolded, setUnfolded] = useState(isNamed);
  const line = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isNamed) line.current?.scrollIntoView({ block: 'center' });
  }, [isNamed]);
  const isOpen = isUnfolded || hasProblem;
  const isDefault = policy.defaultOn.includes(front);
  const isOn = value === undefined ? isDefault : value !== false;
  const set = value === undefined || value === false ? {} : value;
  const turn = (on: boolean) => {
    onChange(on ? (isDefault ? undefined : {}) : isDefault ? false : undefined);
    // A policy that was just switched on usually needs options.
    if (on && hasOptions(policy)) setUnfolded(true);
  };
  const words = isOn ? optionsInWords(options, set) : '';
  const summary = words === '' ? text(policy.text.help) : words;
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  return (
    <li ref={line} className={styles.policy} data-policy={name}>
      <div className={styles.policyHead}>
        <button type="button" className={styles.unfold} aria-expanded={isOpen} aria-controls={id} onClick={() => setUnfolded(!isOpen)}>
          <Chevron size={16} aria-hidden />
          <strong>{text(policy.text.label)}</strong>
        </button>
        <span className={styles.summary}>{isOpen && words === '' ? null : summary}</span>
        <PolicyState state={!isOn ? 'off' : value !== undefined ? 'set' : hasChoice(policy, front) ? 'default' : 'always'} />
        {policy.optionalOn.includes(front) ? (
          <Switch size="small" checked={isOn} disabled={isReadOnly} aria-label={text(policy.text.label)} onChange={turn} />
        ) : null}
      </div>
      {isOpen ? (
        <div id={id} className={styles.policyBody}>
          <div className={styles.quiet}>{text(policy.text.help)}</div>
          {isOn && hasOptions(policy) ? (
            <SchemaForm
              editors={FIELD_EDITORS}
              schema={options}
              value={set}
              issues={issues}
              prefix={`/policies/${name}`}
              tellsRest
              onChange={(next) => onChange(isDefault && Object.keys(next).length === 0 ? undefined : next)}
            />
          ) : null}
        </div>
      ) : null}
    </li>
  );
}

type State = 'always' | 'default' | 'set' | 'off';
const LOOKS: Readonly<Record<State, { readonly tone: Tone; readonly icon: LucideIcon }>> = {
  always: { tone: 'grey', icon: Lock },
  default: { tone: 'grey', icon: CircleDot },
  set: { tone: 'blue', icon: Pencil },
  off: { tone: 'grey', icon: Ban },
};

function PolicyState({ state }: { readonly state: State }) {
  const t = useTexts(TEXTS);
  const { tone, icon } = LOOKS[state];
  return (
    <Tag tone={tone} icon={icon}>
      {t(state)}
    </Tag>
  );
}

/** Returns whether an interface may change the policy at all. */
function hasChoice(policy: PolicyDescription, front: Front): boolean {
  return policy.optionalOn.includes(front) || hasOptions(policy);
}

function hasOptions({ options }: PolicyDescription): boolean {
  return Object.keys((options['properties'] ?? {}) as object).length > 0;
}
