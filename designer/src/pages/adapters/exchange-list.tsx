/** Shows the bytes that went over the connections of a test, as text or in hexadecimal. */
import { Segmented } from 'antd';
import { useState } from 'react';
import type { ProbeBytes, ProbeExchange } from '../../../../engine/contract/node/probe.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CodeBlock } from '../../kit/code/code-block.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { bytesOf, hexText, plainText } from './byte-text.ts';
import styles from './adapters.module.css';

const TEXTS = defineTexts({
  title: ['收发的字节', 'Bytes of the exchange'],
  help: [
    '每个方向最多显示开头 8 KB；密码、令牌等登录内容以 ****** 代替。',
    'At most the first 8 KB of each direction; passwords, tokens and other login data are shown as ******.',
  ],
  view: ['显示方式', 'Shown as'],
  text: ['文本', 'Text'],
  hex: ['十六进制', 'Hexadecimal'],
  sent: ['平台发出', 'Sent by the platform'],
  received: ['对方发来', 'Received from the other side'],
  tls: ['TLS 加密，此处为解密后的内容', 'Encrypted by TLS; shown as it was before encryption'],
  none: ['没有内容。', 'Nothing.'],
  cut: ['后面的内容没有记录。', 'What follows was not recorded.'],
  login: [
    '此协议的登录是二进制内容，登录开始之后的字节不显示，以免泄露密码。',
    'The login of this protocol is binary. So no bytes are shown after it begins; they could reveal the password.',
  ],
  right: ['您没有查看报文内容的权限，因此不显示。', 'You do not have the right to see the content of messages.'],
});

type View = 'text' | 'hex';

export function ExchangeList({ exchanges }: { readonly exchanges: readonly ProbeExchange[] }) {
  const t = useTexts(TEXTS);
  const [view, setView] = useState<View>('text');
  return (
    <details className={styles.exchanges} data-opened>
      <summary>{t('title')}</summary>
      <p className={styles.quiet}>{t('help')}</p>
      <Segmented<View>
        size="small"
        aria-label={t('view')}
        value={view}
        options={[
          { value: 'text', label: t('text') },
          { value: 'hex', label: t('hex') },
        ]}
        onChange={setView}
      />
      {exchanges.map(({ target, isTls, sent, received }, index) => (
        <section key={index} aria-label={target}>
          <div className={styles.step}>
            <code>{target}</code>
            {isTls ? <Tag tone="blue">{t('tls')}</Tag> : null}
          </div>
          <Direction label={t('sent')} bytes={sent} view={view} />
          <Direction label={t('received')} bytes={received} view={view} />
        </section>
      ))}
    </details>
  );
}

interface DirectionProps {
  readonly label: string;
  readonly bytes: ProbeBytes;
  readonly view: View;
}

function Direction({ label, bytes: { content, missing }, view }: DirectionProps) {
  const t = useTexts(TEXTS);
  const bytes = bytesOf(content);
  return (
    <div className={styles.direction}>
      <div>{label}</div>
      {bytes.length === 0 ? null : <CodeBlock label={label} text={view === 'hex' ? hexText(bytes) : plainText(bytes)} />}
      {bytes.length === 0 && missing === undefined ? <span className={styles.quiet}>{t('none')}</span> : null}
      {missing === undefined ? null : <span className={styles.quiet}>{t(missing)}</span>}
    </div>
  );
}
