/** The field `publicPem` of a form: a public key as PEM, typed or read from a file. */
import { Button, Form, Input, Upload } from 'antd';
import { FileUp } from 'lucide-react';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';

const TEXTS = defineTexts({
  pem: ['公钥（PEM）', 'Public key (PEM)'],
  file: ['选择文件', 'Choose a file'],
});

interface PublicKeyFieldProps {
  readonly maxLength: number;
  readonly help?: string;
  /** Shown if the field is empty. */
  readonly missing: string;
}

export function PublicKeyField({ maxLength, help, missing }: PublicKeyFieldProps) {
  const t = useTexts(TEXTS);
  const form = Form.useFormInstance();
  const readFile = (file: File) => {
    void file.text().then((pem) => form.setFieldsValue({ publicPem: pem.slice(0, maxLength) }));
    return false;
  };
  return (
    <>
      <Form.Item name="publicPem" label={t('pem')} extra={help} rules={[{ required: true, whitespace: true, message: missing }]}>
        <Input.TextArea rows={4} maxLength={maxLength} placeholder="-----BEGIN PUBLIC KEY-----" />
      </Form.Item>
      <Upload accept=".pem,.pub,.txt" showUploadList={false} beforeUpload={readFile}>
        <Button icon={<FileUp size={16} />}>{t('file')}</Button>
      </Upload>
    </>
  );
}
