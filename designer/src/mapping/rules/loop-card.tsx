/** A loop: the list that it iterates over, the filter, and the result of each item. */
import { Segmented } from 'antd';
import type { MappingSource } from '../../../../nodes/shared/mapping/mapping-document.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { setSource } from '../../model/mapping/edit-mapping.ts';
import { findNode, type LoopSource, type PlacedLoop } from '../../model/mapping/target-tree.ts';
import { useMappingView } from '../context/mapping-context.tsx';
import { SourceEditor } from './source-editor.tsx';
import { useStepValues } from '../context/use-step-values.ts';
import { WhenInput } from './when-input.tsx';
import styles from './rule-panel.module.css';

const TEXTS = defineTexts({
  list: ['循环的列表', 'List of the loop'],
  item: ['每一项', 'Every item'],
  becomes: ['每一项成为', 'Every item becomes'],
  fields: ['一个对象（下面的字段）', 'An object (the fields below)'],
  value: ['一个值', 'One value'],
  hasFields: [
    '已有 {{count}} 个字段规则；先断开它们，才能改为一个值。',
    'It has rules for {{count}} fields; disconnect them to use one value.',
  ],
  about: [
    '对列表的每一项重复下面的字段；item 是当前项，index 是序号。',
    'The fields below are repeated for every item; item is the current item, index its number.',
  ],
});

/** Edits the result of each item and the filter. It is shown for the row of the items. */
export function LoopCard({ loop: { pointer, source } }: { readonly loop: PlacedLoop }) {
  const t = useTexts(TEXTS);
  const { editing, tree, selected } = useMappingView();
  const at = `${pointer}/from`;
  const eaches = (selected === undefined ? undefined : findNode(tree, selected))?.eaches ?? [];
  const values = useStepValues(source.item, eaches);
  const set = (next: MappingSource, field?: string) => editing.edit((mapping) => setSource(mapping, at, next), field);
  const count = source.rules?.length ?? 0;
  const { rules: _rules, item: _item, ...rest } = source;
  return (
    <section className={styles.card} aria-label={t('item')}>
      <p className={styles.help}>{t('about')}</p>
      <div className={styles.line}>
        <span>{t('becomes')}</span>
        <Segmented<'fields' | 'value'>
          aria-label={t('becomes')}
          value={source.item === undefined ? 'fields' : 'value'}
          disabled={editing.isReadOnly || count > 0}
          options={[
            { value: 'fields', label: t('fields') },
            { value: 'value', label: t('value') },
          ]}
          onChange={(next) => set(next === 'fields' ? { ...rest, rules: [] } : { ...rest, item: { path: 'item' } })}
        />
      </div>
      {count > 0 ? <p className={styles.help}>{t('hasFields', { count })}</p> : null}
      {source.item === undefined ? null : (
        <SourceEditor
          source={source.item}
          label={t('item')}
          values={values}
          onChange={(item) => void set({ ...source, item }, `${at}/item`)}
        />
      )}
      <LoopFilter source={source} onChange={set} pointer={`${at}/when`} />
    </section>
  );
}

function LoopFilter(props: {
  readonly source: LoopSource;
  readonly pointer: string;
  readonly onChange: (source: MappingSource, field?: string) => void;
}) {
  const { source, pointer, onChange } = props;
  const { when: _before, ...rest } = source;
  return (
    <WhenInput
      when={source.when}
      pointer={pointer}
      startPath="item"
      onChange={(when, field) => onChange(when === undefined ? rest : { ...rest, when }, field)}
    />
  );
}

/** Edits which list the loop iterates over. It is shown for the row of the list. */
export function LoopFields({ pointer, source }: { readonly pointer: string; readonly source: LoopSource }) {
  const t = useTexts(TEXTS);
  const { editing, tree, selected } = useMappingView();
  const eaches = (selected === undefined ? undefined : findNode(tree, selected))?.eaches ?? [];
  const values = useStepValues(source.each, eaches);
  return (
    <SourceEditor
      source={source.each}
      label={t('list')}
      values={values}
      onChange={(each) => void editing.edit((mapping) => setSource(mapping, `${pointer}/each`, each), `${pointer}/each`)}
    />
  );
}
