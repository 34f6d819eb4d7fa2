import { AutoComplete, type AutoCompleteProps } from 'antd';
import { useState, type KeyboardEvent } from 'react';
import styles from './free-text.module.css';

/**
 * A text input with suggestions. What was typed stays: Tab and Enter take a suggestion only if the user moved to it
 * with an arrow key. (The list of the library also marks a suggestion that begins with the typed text, and would take
 * that one.)
 */
export function FreeText(props: AutoCompleteProps) {
  const [isOpen, setOpen] = useState(false);
  const [hasMoved, setMoved] = useState(false);
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') return setMoved(true);
    if (event.key !== 'Tab' && event.key !== 'Enter') return setMoved(false);
    if (!isOpen || hasMoved) return;
    event.stopPropagation();
    setOpen(false);
  };
  return (
    <span className={styles.box} onKeyDownCapture={onKey}>
      <AutoComplete
        {...props}
        defaultActiveFirstOption={false}
        open={isOpen}
        onOpenChange={(next) => {
          setOpen(next);
          setMoved(false);
        }}
        classNames={{ popup: { root: hasMoved ? '' : (styles.typed ?? '') } }}
      />
    </span>
  );
}
