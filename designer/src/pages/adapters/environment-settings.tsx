import { Button, Segmented } from 'antd';
import { Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { AdapterTypeDescription } from '../../api/operations.ts';
import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import { useForm } from '../../kit/form/form-context.tsx';
import { FreeText } from '../../kit/form/inputs/free-text.tsx';
import { JsonInput } from '../../kit/form/inputs/json-input.tsx';
import { SchemaForm } from '../../kit/form/schema-form.tsx';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import type { Content } from '../../kit/document/content.ts';
import styles from './adapters.module.css';
import { FIELD_EDITORS } from '../../node-panel/fields/field-registry.ts';

const TEXTS = defineTexts({
  environment: ['环境', 'Environment'],
  here: ['{{name}}（当前）', '{{name}} (this one)'],
  add: ['添加环境', 'Add an environment'],
  added: ['环境名称，如 PROD', 'Name, such as PROD'],
  remove: ['去掉环境 {{name}}', 'Remove the environment {{name}}'],
  none: ['还没有为任何环境填写设置。', 'No environment has settings yet.'],
  unknown: ['此协议没有设置说明，请直接写 JSON。', 'The settings of this protocol are not known: write them as JSON.'],
});

const USUAL = ['DEV', 'TEST', 'UAT', 'PROD'];
const NAME = /^[^\s/]{1,30}$/;

interface EnvironmentSettingsProps {
  readonly environments: Readonly<Record<string, Content>>;
  readonly type: AdapterTypeDescription | undefined;
  /** The environment in which this platform runs. */
  readonly here: string | undefined;
  readonly isFresh: boolean;
  readonly onChange: (environments: Readonly<Record<string, Content>>) => void;
}

/** Edits the settings of one environment at a time. A platform uses only the settings of its own environment. */
export function EnvironmentSettings({ environments, type, here, isFresh, onChange }: EnvironmentSettingsProps) {
  const t = useTexts(TEXTS);
  const { isReadOnly } = useForm();
  const names = Object.keys(environments);
  const [chosen, setChosen] = useState(here !== undefined && names.includes(here) ? here : names[0]);
  const shown = chosen !== undefined && names.includes(chosen) ? chosen : names[0];
  const add = (name: string) => {
    onChange({ ...environments, [name]: {} });
    setChosen(name);
  };
  const remove = (name: string) => onChange(Object.fromEntries(Object.entries(environments).filter(([other]) => other !== name)));
  const settings = shown === undefined ? undefined : environments[shown];
  return (
    <>
      <div className={styles.environments}>
        {shown === undefined ? (
          <span className={styles.quiet}>{t('none')}</span>
        ) : (
          <Segmented
            aria-label={t('environment')}
            value={shown}
            options={names.map((name) => ({ value: name, label: name === here ? t('here', { name }) : name }))}
            onChange={setChosen}
          />
        )}
        {shown === undefined || isReadOnly ? null : (
          <Button
            type="text"
            size="small"
            icon={<Trash2 size={16} />}
            title={t('remove', { name: shown })}
            aria-label={t('remove', { name: shown })}
            onClick={() => remove(shown)}
          />
        )}
        {isReadOnly ? null : <AddEnvironment taken={names} here={here} onAdd={add} />}
      </div>
      {shown === undefined || settings === undefined ? null : type === undefined ? (
        <>
          <p className={styles.quiet}>{t('unknown')}</p>
          <JsonInput
            label={shown}
            value={settings}
            height="220px"
            onChange={(next) => onChange({ ...environments, [shown]: isRecord(next) ? next : {} })}
          />
        </>
      ) : (
        <SchemaForm
          editors={FIELD_EDITORS}
          key={shown}
          schema={type.settings}
          value={settings}
          isFresh={isFresh}
          tellsRest
          onChange={(next) => onChange({ ...environments, [shown]: next })}
        />
      )}
    </>
  );
}

interface AddEnvironmentProps {
  readonly taken: readonly string[];
  readonly here: string | undefined;
  readonly onAdd: (name: string) => void;
}

function AddEnvironment({ taken, here, onAdd }: AddEnvironmentProps) {
  const t = useTexts(TEXTS);
  const [name, setName] = useState('');
  const [isOpen, setOpen] = useState(false);
  const options = [...new Set([...(here === undefined ? [] : [here]), ...USUAL])].filter((usual) => !taken.includes(usual));
  const isGood = NAME.test(name) && !taken.includes(name);
  const add = () => {
    if (!isGood) return;
    onAdd(name);
    setName('');
    setOpen(false);
  };
  if (!isOpen) {
    return (
      <Button type="text" size="small" icon={<Plus size={16} />} onClick={() => setOpen(true)}>
        {t('add')}
      </Button>
    );
  }
  return (
    <>
      <FreeText
        autoFocus
        className={styles.newEnvironment ?? ''}
        value={name}
        placeholder={t('added')}
        aria-label={t('added')}
        options={options.map((value) => ({ value }))}
        onChange={setName}
      />
      <Button size="small" disabled={!isGood} onClick={add}>
        {t('add')}
      </Button>
    </>
  );
}
