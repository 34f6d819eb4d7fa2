import { Button, Upload } from 'antd';
import { Upload as UploadIcon } from 'lucide-react';
import { useRef, useState } from 'react';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import type { FieldProps } from '../field-props.ts';
import { useCommit, useForm } from '../form-context.tsx';
import styles from '../fields.module.css';
import { ItemButtons } from '../item-buttons.tsx';
import { type KeptFile, keptFile } from '../inputs/kept-file.ts';

const TEXTS = defineTexts({
  choose: ['上传文件', 'Upload files'],
  unread: ['无法读取文件“{{name}}”', 'The file "{{name}}" could not be read'],
  large: ['文件“{{name}}”压缩后仍超过 {{limit}} KB', 'The file "{{name}}" is larger than {{limit}} KB, even compressed'],
});

/** A list of files whose content is part of the form's value, compressed. A file replaces one of the same name. */
export function FilesField({ schema, value, onChange, label }: FieldProps) {
  const t = useTexts(TEXTS);
  const { isReadOnly } = useForm();
  const [problem, setProblem] = useState<string>();
  const files = Array.isArray(value) ? (value as readonly KeptFile[]) : [];
  // Several files are read at the same time, so each is added to what the others left.
  const latest = useRef(files);
  latest.current = files;
  const commit = useCommit(onChange);
  const keep = (next: readonly KeptFile[]) => {
    latest.current = next;
    commit(next.length === 0 ? undefined : next);
  };
  const limit = schema.items?.properties?.['content']?.maxLength ?? Infinity;
  const read = async (file: File) => {
    setProblem(undefined);
    const kept = await keptFile(file).catch(() => undefined);
    if (kept === undefined) return setProblem(t('unread', { name: file.name }));
    if (kept.content.length > limit) return setProblem(t('large', { name: file.name, limit: Math.floor((limit * 3) / 4 / 1024) }));
    keep([...latest.current.filter(({ name }) => name !== kept.name), kept]);
  };
  return (
    <div className={styles.stack} role="group" aria-label={label}>
      {files.map(({ name }, index) => (
        <div key={name} className={styles.line}>
          <span className={styles.grow}>{name}</span>
          {isReadOnly ? null : (
            <ItemButtons name={name} index={index} count={files.length} onRemove={() => keep(files.filter((one) => one.name !== name))} />
          )}
        </div>
      ))}
      {problem === undefined ? null : <div role="alert">{problem}</div>}
      {isReadOnly ? null : (
        <Upload multiple showUploadList={false} beforeUpload={(file) => (void read(file), false)}>
          <Button icon={<UploadIcon size={16} />}>{t('choose')}</Button>
        </Upload>
      )}
    </div>
  );
}
