import { defineTexts, useTexts } from '../../i18n/texts.ts';
import styles from './audit-page.module.css';
import { changedFields, type FieldWords } from './changed-fields.ts';
import { useFieldWords } from './field-words.ts';

const TEXTS = defineTexts({
  changes: ['修改了什么', 'What changed'],
  field: ['字段', 'Field'],
  before: ['之前', 'Before'],
  after: ['之后', 'After'],
  value: ['内容', 'Content'],
  none: ['（无）', '(none)'],
  same: ['没有字段变化（只移动了位置，或内容相同）', 'No field changed: elements were only moved, or the content was the same'],
});

/** Fields that are not listed. The revision changes with every save, so this tells nothing. */
const NO_NEWS = new Set(['revision']);

interface FieldChangesProps {
  readonly before: unknown;
  readonly after: unknown;
  /** Title that is used instead of "What changed". */
  readonly title?: string;
  /** The labels of the object's form, if the kind of object is known. */
  readonly words?: FieldWords;
}

/** Shows the old and the new value of each field that differs. Renders nothing if neither side is a document. */
export function FieldChanges({ before: old, after: next, title, words }: FieldChangesProps) {
  const t = useTexts(TEXTS);
  const general = useFieldWords();
  const { nameOf: wordsOf, valueOf, isOpened } = words ?? general;
  const shown = (path: readonly string[], value: unknown) => (value === undefined ? t('none') : valueOf(path, value));
  const changes = changedFields(old, next, isOpened)?.filter(({ path }) => !NO_NEWS.has(path.join('/')));
  if (changes === undefined) return null;
  // A new object has no old values, so show only the new ones.
  const isNew = words !== undefined && old === undefined;
  return (
    <section>
      <h3 className={styles.heading}>{title ?? t('changes')}</h3>
      {changes.length === 0 ? (
        <p className={styles.hint}>{t('same')}</p>
      ) : (
        <table className={styles.changes}>
          <thead>
            <tr>
              <th scope="col">{t('field')}</th>
              {isNew ? null : <th scope="col">{t('before')}</th>}
              <th scope="col">{t(isNew ? 'value' : 'after')}</th>
            </tr>
          </thead>
          <tbody>
            {changes.map(({ path, before, after }) => (
              <tr key={path.join('/')}>
                <th scope="row">{wordsOf(path)}</th>
                {isNew ? null : <td>{shown(path, before)}</td>}
                <td>{shown(path, after)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
