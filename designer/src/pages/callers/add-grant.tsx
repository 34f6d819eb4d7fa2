import { App, Button, DatePicker, Select } from 'antd';
import type { Dayjs } from 'dayjs';
import { Plus, Send } from 'lucide-react';
import { useState } from 'react';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { AskedAlready, RefusedLately, useAsked } from '../../kit/approval/asked-already.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { useGrant } from '../../kit/approval/use-grant.ts';
import styles from './caller-page.module.css';

const TEXTS = defineTexts({
  interface: ['选择接口', 'Choose an interface'],
  app: ['选择应用', 'Choose an app'],
  expires: ['到期日（可不填）', 'Expires (optional)'],
  add: ['授权', 'Grant'],
  ask: ['申请授权', 'Request it'],
  added: ['已授权，一秒内生效', 'Granted: effective within a second'],
});

interface AddGrantProps {
  /** What the user chooses: the interface or the app. The other one is fixed by the page. */
  readonly chooses: 'interface' | 'app';
  readonly given: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

/**
 * Grants an interface to an app, optionally with an end. It is used on the pages of interfaces and apps. A user who
 * may not grant sends a request instead.
 */
export function AddGrant({ chooses, given, options }: AddGrantProps) {
  const t = useTexts(TEXTS);
  const { message } = App.useApp();
  const { grant, isOpen, isAsking, isPending, error } = useGrant();
  const [chosen, setChosen] = useState<string>();
  const [end, setEnd] = useState<Dayjs | null>(null);
  const submit = (value: string) => {
    const [appId, interfaceId] = chooses === 'interface' ? [given, value] : [value, given];
    const expiry = end === null ? {} : { expiresAt: end.endOf('day').valueOf() };
    grant({ appId, interfaceId, ...expiry }, (isGranted) => {
      if (isGranted) void message.success(t('added'));
      setChosen(undefined);
      setEnd(null);
    });
  };
  if (!isOpen) return null;
  return (
    <div className={styles.adder}>
      {error === null ? null : <ErrorBox error={error} />}
      <Select
        className={styles.choice ?? ''}
        showSearch={{ optionFilterProp: 'label' }}
        placeholder={t(chooses)}
        aria-label={t(chooses)}
        value={chosen ?? null}
        options={[...options]}
        onChange={(value: string | null) => setChosen(value ?? undefined)}
      />
      <DatePicker
        className={styles.end ?? ''}
        value={end}
        placeholder={t('expires')}
        aria-label={t('expires')}
        disabledDate={(date) => date.endOf('day').valueOf() < Date.now()}
        onChange={setEnd}
      />
      <Button
        icon={isAsking ? <Send size={16} /> : <Plus size={16} />}
        disabled={chosen === undefined}
        loading={isPending}
        onClick={() => (chosen === undefined ? undefined : submit(chosen))}
      >
        {t(isAsking ? 'ask' : 'add')}
      </Button>
    </div>
  );
}

/** Shows the user's grant requests for this interface or app. */
export function AskedGrants({ given }: Pick<AddGrantProps, 'given'>) {
  const { open, refused } = useAsked('grants.save', ({ subject }) => subject.split(' -> ').includes(given));
  if (open.length === 0 && refused === undefined) return null;
  return (
    <div className={styles.asked}>
      <AskedAlready requests={open} />
      <RefusedLately request={refused} />
    </div>
  );
}
