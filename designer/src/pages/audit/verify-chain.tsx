import { Alert, Modal, Spin } from 'antd';
import { Link } from 'react-router';
import { useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ChainBreaks } from './chain-breaks.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import styles from './audit-page.module.css';

const TEXTS = defineTexts({
  title: ['校验审计链', 'Verify the chain'],
  intact: ['审计链完整，共 {{lines}} 条。', 'The chain is intact: {{lines}} lines.'],
  found: [
    '{{count}} 项数据曾绕过平台被改动、插入、换回旧版本或删除，已停用。',
    '{{count}} document(s) were changed, inserted, rolled back or deleted outside Kangqiao. They are not used.',
  ],
  foundUnused: [
    '{{count}} 项数据曾绕过平台被改动、插入、换回旧版本或删除；校验尚未启用，仍在使用。',
    '{{count}} document(s) were changed, inserted, rolled back or deleted outside Kangqiao. Marks are not enforced yet, so they are still used.',
  ],
  look: ['到“系统”页查看，由安全管理员决定保留或删除', 'See the page System, where the security administrator keeps or removes them'],
  broken: [
    '审计链在 {{count}} 处断开。请立即报告安全管理员，并保全数据库。',
    'The chain is broken in {{count}} place(s). Tell the security administrator now and preserve the database.',
  ],
});

/** Verifies the whole chain once when it is opened. */
export function VerifyChain({ onClose }: { readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const report = useQueryOf('audit.verify', {});
  const may = useMay();
  const { data } = report;
  const found = data?.marks?.findings.length ?? 0;
  return (
    <Modal open title={t('title')} footer={null} onCancel={onClose}>
      <div className={styles.report}>
        {report.isFetching ? <Spin /> : null}
        {report.error === null ? null : <ErrorBox error={report.error} />}
        {data?.intact === true ? (
          <Alert type={found === 0 ? 'success' : 'info'} showIcon title={t('intact', { lines: format.number(data.lines) })} />
        ) : null}
        {data?.intact === false ? (
          <Alert
            type="error"
            showIcon
            title={t('broken', { count: format.number(data.breakCount) })}
            description={<ChainBreaks breaks={data.breaks} />}
          />
        ) : null}
        {found === 0 ? null : (
          <Alert
            type="error"
            showIcon
            title={t(data?.marks?.isEnforced === true ? 'found' : 'foundUnused', { count: format.number(found) })}
            description={may('system.read') ? <Link to="/system">{t('look')}</Link> : t('look')}
          />
        )}
      </div>
    </Modal>
  );
}
