/** Asks how to connect a source to a field that is already filled. */
import { Dropdown } from 'antd';
import { useEffect, useRef } from 'react';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import type { ConnectHow } from '../model/mapping/connect-mapping.ts';
import { useMappingView } from './context/mapping-context.tsx';
import styles from './connect-menu.module.css';

const TEXTS = defineTexts({
  label: ['已有来源，怎么连接', 'This field already has a source: how to connect'],
  replace: ['替换来源，保留函数', 'Use this source instead, keep the functions'],
  concat: ['连接成一段文本', 'Join both into one text'],
  coalesce: ['原来源没有值时用它', 'Use it if the other has no value'],
  another: ['另加一条规则，覆盖前一条', 'Add a rule that overrides the other'],
});

const WAYS: readonly ConnectHow[] = ['replace', 'concat', 'coalesce', 'another'];

export function ConnectMenu() {
  const t = useTexts(TEXTS);
  const { pending, setPending, connect } = useMappingView();
  const anchor = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (pending !== undefined) anchor.current?.focus();
  }, [pending]);
  if (pending === undefined) return null;
  const { source, target, at } = pending;
  return (
    <Dropdown
      open
      autoFocus
      trigger={['click']}
      onOpenChange={(isOpen) => (isOpen ? undefined : setPending(undefined))}
      menu={{
        'aria-label': t('label'),
        items: [{ key: 'title', type: 'group', label: t('label') }, ...WAYS.map((how) => ({ key: how, label: t(how) }))],
        onClick: ({ key, domEvent }) => {
          domEvent.stopPropagation();
          connect(source, target, key as ConnectHow);
        },
      }}
    >
      <button ref={anchor} type="button" className={styles.anchor} style={{ left: at.x, top: at.y }} aria-label={t('label')} />
    </Dropdown>
  );
}
