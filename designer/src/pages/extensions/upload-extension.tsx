import { App, Button, Upload } from 'antd';
import { FileUp } from 'lucide-react';
import { useState } from 'react';
import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';

const TEXTS = defineTexts({
  upload: ['上传扩展包', 'Upload a package'],
  uploaded: ['{{id}} 已上传，等待安全管理员确认', '{{id}} was uploaded; the security administrator has to confirm it'],
  large: ['扩展包不能超过 4 MB', 'A package has at most 4 MB'],
});

const MOST_BYTES = 4 * 1024 * 1024;

export function UploadExtension() {
  const t = useTexts(TEXTS);
  const { message } = App.useApp();
  const [problem, setProblem] = useState<string>();
  const upload = useMutationOf('extensions.upload');
  const send = async (file: File) => {
    setProblem(undefined);
    upload.reset();
    if (file.size > MOST_BYTES) return setProblem(t('large'));
    const { id } = await upload.mutateAsync({ content: base64Of(await file.arrayBuffer()) });
    void message.success(t('uploaded', { id }));
  };
  return (
    <>
      <Upload accept=".zip" showUploadList={false} beforeUpload={(file) => (void send(file).catch(() => undefined), false)}>
        <Button type="primary" icon={<FileUp size={16} />} loading={upload.isPending}>
          {t('upload')}
        </Button>
      </Upload>
      {problem === undefined ? null : <div role="alert">{problem}</div>}
      {upload.error === null ? null : <ErrorBox error={upload.error} />}
    </>
  );
}

function base64Of(bytes: ArrayBuffer): string {
  const chunks = new Uint8Array(bytes);
  let binary = '';
  for (let at = 0; at < chunks.length; at += 8192) binary += String.fromCharCode(...chunks.subarray(at, at + 8192));
  return btoa(binary);
}
