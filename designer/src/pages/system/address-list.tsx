import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CopyButton, CopyText } from '../../kit/text/copy-text.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import styles from './address-list.module.css';

const TEXTS = defineTexts({
  addresses: ['地址', 'Addresses'],
  tryIt: ['试一次调用', 'Try a call'],
  tryItHelp: [
    '复制到本机终端执行：签名并发送一次示例调用，可反复执行。',
    'Paste it into a terminal on this machine: it signs and sends a call of the example, as often as you want.',
  ],
  copy: ['复制命令', 'Copy the command'],
});

export const FRONT_TEXTS = defineTexts({
  open: ['开放网关', 'Open front'],
  user: ['用户网关', 'User front'],
  bus: ['总线网关', 'Bus front'],
  control: ['管理端', 'Control'],
  mllp: ['HL7 监听（MLLP）', 'HL7 listener (MLLP)'],
});

/** Returns a function that returns the label of a gateway or listener. If it has no label, returns its name. */
export function useFrontName(): (name: string) => string {
  const t = useTexts(FRONT_TEXTS);
  return (name) => (Object.hasOwn(FRONT_TEXTS, name) ? t(name as keyof typeof FRONT_TEXTS) : name);
}

/** Lists the addresses for callers. */
export function AddressList({ addresses }: { readonly addresses: Readonly<Record<string, string>> }) {
  const t = useTexts(TEXTS);
  const nameOf = useFrontName();
  return (
    <Panel title={t('addresses')}>
      <dl className={styles.addresses}>
        {Object.entries(addresses).map(([name, address]) => [
          <dt key={name}>{nameOf(name)}</dt>,
          <dd key={`${name} address`}>
            <CopyText text={address} />
          </dd>,
        ])}
      </dl>
    </Panel>
  );
}

export function TryIt({ command }: { readonly command: string }) {
  const t = useTexts(TEXTS);
  return (
    <Panel title={t('tryIt')} extra={<CopyButton text={command} label={t('copy')} />}>
      <p className={styles.hint}>{t('tryItHelp')}</p>
      <pre className={styles.command} tabIndex={0} aria-label={t('tryIt')}>
        {command}
      </pre>
    </Panel>
  );
}
