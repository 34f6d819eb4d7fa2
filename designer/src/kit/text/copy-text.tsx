import { Button, Tooltip } from 'antd';
import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import styles from './copy-text.module.css';

const TEXTS = defineTexts({ copy: ['复制', 'Copy'], copied: ['已复制', 'Copied'] });
const SHOWN_MS = 1500;
const SHORT = 14;

/** An id or address with a copy button. `isShort` shows its beginning and end, and all of it in the tooltip. */
export function CopyText({ text, isShort = false }: { readonly text: string; readonly isShort?: boolean }) {
  const shown = isShort && text.length > SHORT + 3 ? `${text.slice(0, SHORT - 5)}…${text.slice(-5)}` : text;
  return (
    <span className={styles.copy}>
      <Tooltip title={shown === text ? '' : <span className="mono">{text}</span>}>
        <code>{shown}</code>
      </Tooltip>
      <CopyButton text={text} />
    </span>
  );
}

/** `text`: the text, or a function that creates a long one. */
export function CopyButton({ text, label }: { readonly text: string | (() => string); readonly label?: string }) {
  const t = useTexts(TEXTS);
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const words = isCopied ? t('copied') : t('copy');
  return (
    <Tooltip title={label === undefined ? words : ''}>
      <Button
        type={label === undefined ? 'text' : 'default'}
        size="small"
        aria-label={label === undefined ? words : undefined}
        icon={isCopied ? <Check size={14} /> : <Copy size={14} />}
        onClick={(event) => {
          event.stopPropagation();
          void copy(typeof text === 'string' ? text : text()).then(() => setCopied(true));
        }}
      >
        {label === undefined ? null : isCopied ? t('copied') : label}
      </Button>
    </Tooltip>
  );
}

/** Browsers offer the clipboard API only on secure pages; plain HTTP counts as secure only on the local machine. */
async function copy(text: string): Promise<void> {
  if (window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
