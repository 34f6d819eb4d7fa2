import { Button, Modal } from 'antd';
import { Trash2 } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from './confirm-act.tsx';
import styles from './remove-button.module.css';

const TEXTS = defineTexts({
  remove: ['删除', 'Delete'],
  inUse: ['“{{name}}”正在使用，不能删除', '"{{name}}" is in use and cannot be deleted'],
  close: ['关闭', 'Close'],
});

export interface Use {
  readonly label: string;
  readonly to: string;
  /** Shown beside the label of the use, for example a state. */
  readonly mark?: ReactNode;
}

interface RemoveButtonProps {
  readonly name: string;
  /** The effect, in full sentences. */
  readonly effect: string;
  /** Where the object is used. It can be removed only if this list is empty. */
  readonly uses?: readonly Use[];
  readonly usesHelp?: string;
  /** True while the uses are loading. It is then not known yet whether the object can be removed. */
  readonly isAsking?: boolean;
  /** Shows only an icon, at the end of a row. */
  readonly isSmall?: boolean;
  readonly run: (reason: string) => Promise<unknown>;
}

/** Removes an object after a warning; if it is in use, lists the uses instead. */
export function RemoveButton({ name, effect, uses = [], usesHelp, isAsking = false, isSmall = false, run }: RemoveButtonProps) {
  const t = useTexts(TEXTS);
  const confirm = useConfirm();
  const [isRefused, setRefused] = useState(false);
  const ask = () => {
    if (uses.length > 0) return setRefused(true);
    return confirm({ title: `${t('remove')} · ${name}`, effect, verb: t('remove'), isDangerous: true, needsReason: true, run });
  };
  const close = () => setRefused(false);
  return (
    <>
      <Button
        {...(isSmall ? ({ type: 'text', size: 'small' } as const) : { danger: true })}
        icon={<Trash2 size={16} />}
        aria-label={`${t('remove')}: ${name}`}
        title={isSmall ? t('remove') : ''}
        disabled={isAsking}
        onClick={(event) => {
          event.stopPropagation();
          ask();
        }}
      >
        {isSmall ? null : t('remove')}
      </Button>
      {isRefused ? (
        <Modal open title={t('inUse', { name })} onCancel={close} footer={<Button onClick={close}>{t('close')}</Button>}>
          <div>{usesHelp}</div>
          <UseList uses={uses} />
        </Modal>
      ) : null}
    </>
  );
}

/** Lists the uses as links. */
export function UseList({ uses }: { readonly uses: readonly Use[] }) {
  return (
    <ul className={styles.uses}>
      {uses.map(({ label, to, mark }) => (
        <li key={to}>
          <Link to={to}>{label}</Link> {mark}
        </li>
      ))}
    </ul>
  );
}
