/** The page `/extensions`: extensions with their state and users, and the keys of publishers. */
import { useListOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { DataTable } from '../../kit/table/data-table.tsx';
import { useMay } from '../../session/session-context.ts';
import { useExtensionColumns } from './extension-columns.tsx';
import type { Extension } from './extension-words.ts';
import { PublisherKeys } from './publisher-keys.tsx';
import { UploadExtension } from './upload-extension.tsx';

const TEXTS = defineTexts({
  title: ['扩展', 'Extensions'],
  help: [
    '扩展是他人编写并签名的节点，在独立进程与沙箱中运行。系统管理员上传，安全管理员确认后方可使用。',
    'Extensions are nodes that others wrote and signed. They run in a process and a sandbox of their own. The system administrator uploads them, the security administrator confirms them.',
  ],
  empty: ['还没有扩展', 'No extensions yet'],
  emptyNext: ['先登记发布者的公钥，再上传扩展包。', 'Register the key of the publisher, then upload the package.'],
});

const REFRESH_MS = 10_000;

export function ExtensionsPage() {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const extensions = useListOf('extensions.list', {}, { refetchIntervalMs: REFRESH_MS });
  const columns = useExtensionColumns();
  const upload = may('extensions.edit') ? <UploadExtension /> : null;
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} actions={upload} />
      <DataTable<Extension>
        label={t('title')}
        rows={extensions.data?.items}
        rowKey={({ id }) => id}
        searchText={({ id, content }) => `${id} ${content === undefined ? '' : text(content.label)}`}
        columns={columns}
        isLoading={extensions.isPending}
        error={extensions.error}
        onRefresh={() => void extensions.refetch()}
        empty={<EmptyState needs="extensions.edit" title={t('empty')} next={t('emptyNext')} action={upload} />}
        exportName="extensions"
      />
      <PublisherKeys />
    </Page>
  );
}
