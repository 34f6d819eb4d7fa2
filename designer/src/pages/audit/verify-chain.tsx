import { Alert, Modal, Spin } from 'antd';
import { useQueryOf } from '../../api/queries.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../parts/error-box.tsx';

const TEXTS = defineTexts({
  title: ['校验审计链', 'Verify the chain'],
  intact: ['审计链完整，共 {{lines}} 条。', 'The chain is intact: {{lines}} lines.'],
  broken: [
    '审计链在第 {{at}} 条断开：{{why}}。请立即报告安全管理员，并保全数据库。',
    'The chain is broken at line {{at}}: {{why}}. Tell the security administrator now and preserve the database.',
  ],
  missing: ['记录缺失', 'a line is missing'],
  changed: ['记录被改动', 'a line was changed'],
  'cut off': ['末尾被截断', 'its end was cut off'],
});

/** Walks the whole chain, once, when it is opened. */
export function VerifyChain({ onClose }: { readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const report = useQueryOf('audit.verify', {});
  const { data } = report;
  return (
    <Modal open title={t('title')} footer={null} onCancel={onClose}>
      {report.isFetching ? <Spin /> : null}
      {report.error === null ? null : <ErrorBox error={report.error} />}
      {data?.intact === true ? <Alert type="success" showIcon title={t('intact', { lines: format.number(data.lines) })} /> : null}
      {data?.intact === false ? <Alert type="error" showIcon title={t('broken', { at: data.brokenAt, why: t(data.why) })} /> : null}
    </Modal>
  );
}
