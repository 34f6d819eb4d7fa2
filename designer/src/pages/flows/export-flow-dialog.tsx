import { Modal, Radio } from 'antd';
import { useState } from 'react';
import type { FlowItem } from '../../api/operations.ts';
import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { download } from '../../kit/table/download.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import styles from './flows-page.module.css';

const TEXTS = defineTexts({
  title: ['导出流程“{{name}}”', 'Export the flow "{{name}}"'],
  help: [
    '文件含该流程及它调用的流程、所用适配器（不含凭据）、代码表、接口及其服务、名单和规则组，可导入另一套系统。',
    'The file contains this flow and the flows that it calls, their adapters without secrets, code tables and interfaces with their services, lists and rule sets. Another installation can import it.',
  ],
  content: ['导出的内容', 'What to export'],
  draft: ['草稿', 'The draft'],
  published: ['线上版本 {{version}}', 'Version {{version}}, which is in service'],
  unpublished: ['线上版本（尚未发布）', 'The version in service (not published yet)'],
  export: ['导出', 'Export'],
  cancel: ['取消', 'Cancel'],
});

type Source = 'draft' | 'published';

/** Exports a flow for another installation. The name of the file tells which version it contains. */
export function ExportFlowDialog({ flow, onClose }: { readonly flow: FlowItem; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const { flowId, publishedVersion } = flow;
  const [source, setSource] = useState<Source>(publishedVersion === undefined ? 'draft' : 'published');
  const make = useMutationOf('bundles.export');
  const submit = async () => {
    const bundle = await make.mutateAsync({ flowIds: [flowId], source });
    const version = bundle.versions?.[flowId];
    download(
      `${flowId}.${version === undefined ? 'draft' : `v${version}`}.bundle.json`,
      JSON.stringify(bundle, null, 2),
      'application/json',
    );
    onClose();
  };
  return (
    <Modal
      open
      width={520}
      title={t('title', { name: text(flow.name) })}
      okText={t('export')}
      cancelText={t('cancel')}
      confirmLoading={make.isPending}
      onCancel={onClose}
      onOk={() => void submit().catch(() => undefined)}
    >
      <p>{t('help')}</p>
      <Radio.Group
        vertical
        aria-label={t('content')}
        className={styles.choice ?? ''}
        value={source}
        onChange={(event) => setSource(event.target.value as Source)}
        options={[
          {
            value: 'published',
            disabled: publishedVersion === undefined,
            label: publishedVersion === undefined ? t('unpublished') : t('published', { version: publishedVersion }),
          },
          { value: 'draft', label: t('draft') },
        ]}
      />
      {make.error === null ? null : <ErrorBox error={make.error} />}
    </Modal>
  );
}
