/** Lists the files that a message names (`blobId`), for download. */
import { App, Button } from 'antd';
import { Download } from 'lucide-react';
import { useMemo, useState } from 'react';
import { BLOB_ID } from '../../../../../engine/contract/values/message.ts';
import { callForFile } from '../../../api/client.ts';
import type { ShownMessage } from '../../../api/operations.ts';
import { useFormat } from '../../../i18n/format.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { ErrorBox } from '../../../kit/feedback/error-box.tsx';
import { download } from '../../../kit/table/download.ts';

const TEXTS = defineTexts({
  files: ['文件', 'Files'],
  download: ['下载文件：{{name}}', 'Download file: {{name}}'],
  failed: ['文件不能下载', 'The file cannot be downloaded'],
  more: ['另有 {{count}} 个文件', '{{count}} more {{count|file|files}}'],
});

interface NamedFile {
  readonly blobId: string;
  readonly sizeBytes: number;
  readonly name: string;
}

const MOST_FILES = 100;
const IS_BLOB = new RegExp(`^${BLOB_ID}$`);

interface Props {
  readonly executionId: string;
  readonly message: ShownMessage;
}

export function MessageFiles({ executionId, message: { form, data } }: Props) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const { modal } = App.useApp();
  const [loading, setLoading] = useState<string>();
  const files = useMemo(() => (form === 'json' ? filesIn(data) : []), [form, data]);
  if (files.length === 0) return null;
  const get = async ({ blobId, name }: NamedFile) => {
    setLoading(blobId);
    try {
      download(name, await callForFile('executions.file', { executionId, blobId }), 'application/octet-stream');
    } catch (error) {
      modal.error({ title: t('failed'), content: <ErrorBox error={error} /> });
    }
    setLoading(undefined);
  };
  return (
    <div role="group" aria-label={t('files')}>
      {files.slice(0, MOST_FILES).map((file) => (
        <Button
          key={file.blobId}
          type="link"
          size="small"
          icon={<Download size={14} />}
          aria-label={t('download', { name: file.name })}
          loading={loading === file.blobId}
          onClick={() => void get(file)}
        >
          {file.name} ({format.size(file.sizeBytes)})
        </Button>
      ))}
      {files.length > MOST_FILES ? t('more', { count: files.length - MOST_FILES }) : null}
    </div>
  );
}

/** Returns the files in the order in which the data names them, each once. */
function filesIn(data: unknown): readonly NamedFile[] {
  const found = new Map<string, NamedFile>();
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { blobId, sizeBytes, name } = value as Readonly<Record<string, unknown>>;
    if (typeof blobId === 'string' && IS_BLOB.test(blobId) && typeof sizeBytes === 'number')
      found.set(blobId, { blobId, sizeBytes, name: typeof name === 'string' && name !== '' ? name : blobId });
    for (const inner of Object.values(value)) look(inner);
  };
  look(data);
  return [...found.values()];
}
