import { Button, Tooltip } from 'antd';
import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import styles from './copy-text.module.css';

const TEXTS = defineTexts({ copy: ['复制', 'Copy'], copied: ['已复制', 'Copied'] });
const SHOWN_MS = 1500;
const SHORT = 14;

/**
 * Shows an id or address with a copy button. With `isShort` it shows only beginning and end; the tooltip shows the
 * whole text.
 */
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

/** Copies a text. `text` may be a function, so that a long text is created only when it is copied. */
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

/**
 * Copies text without the clipboard API if necessary. Browsers offer the API only on secure pages; a page over HTTP
 * is secure only on the local machine.
 */
async function copy(text: string): Promise<void> {
  if (window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
