/** A path, typed with suggestions or picked in the tree of a sample. */
import { Input, Popover, Tree } from 'antd';
import { ListTree } from 'lucide-react';
import { useMemo, useState } from 'react';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { useForm } from '../../kit/form/form-context.tsx';
import { FreeText } from '../../kit/form/inputs/free-text.tsx';
import { IconButton } from '../../kit/form/item-buttons.tsx';
import { allPlaces, type SamplePlace } from './scope-sample.ts';
import styles from './path-input.module.css';

const TEXTS = defineTexts({
  pick: ['从样例中选择', 'Pick from the sample'],
  noSample: [
    '还没有样例。试运行一次，或从真实消息打开流程，这里就会出现数据结构。',
    'There is no sample yet. Try the flow once, or open it from a real message; then its structure is shown here.',
  ],
});

const MOST_OPTIONS = 60;

interface PathInputProps extends Pick<FieldProps, 'id' | 'label' | 'isInvalid'> {
  readonly value: string;
  readonly places: readonly SamplePlace[];
  readonly placeholder: string;
  readonly onChange: (value: string) => void;
}

export function PathInput({ id, label, isInvalid, value, places, placeholder, onChange }: PathInputProps) {
  const t = useTexts(TEXTS);
  const { isReadOnly, seal } = useForm();
  const [isOpen, setOpen] = useState(false);
  const options = useMemo(() => {
    const sought = value.toLowerCase();
    return allPlaces(places)
      .filter(({ path }) => path !== value && path.toLowerCase().includes(sought))
      .slice(0, MOST_OPTIONS)
      .map((place) => ({ value: place.path, label: <PlaceLine place={place} name={place.path} /> }));
  }, [places, value]);
  const hasSample = places.some((place) => place.places.length > 0);
  const pick = (path: string) => {
    setOpen(false);
    seal();
    onChange(path);
    seal();
  };
  return (
    <div className={styles.path}>
      <FreeText
        id={id}
        aria-label={label}
        className={styles.input ?? ''}
        value={value}
        options={options}
        disabled={isReadOnly}
        popupMatchSelectWidth={320}
        onChange={(next: string) => onChange(next)}
        onBlur={seal}
      >
        <Input className="mono" placeholder={placeholder} spellCheck={false} {...(isInvalid ? { status: 'error' as const } : {})} />
      </FreeText>
      {isReadOnly ? null : (
        <Popover
          open={isOpen}
          onOpenChange={setOpen}
          trigger="click"
          placement="bottomRight"
          destroyOnHidden
          content={
            hasSample ? <PlaceTree places={places} label={t('pick')} onPick={pick} /> : <p className={styles.none}>{t('noSample')}</p>
          }
        >
          <span>
            <IconButton words={`${t('pick')} · ${label}`} icon={<ListTree size={16} />} onClick={() => setOpen(!isOpen)} />
          </span>
        </Popover>
      )}
    </div>
  );
}

function PlaceTree(props: { readonly places: readonly SamplePlace[]; readonly label: string; readonly onPick: (path: string) => void }) {
  const data = useMemo(() => nodesOf(props.places), [props.places]);
  return (
    <Tree
      aria-label={props.label}
      className={styles.tree ?? ''}
      treeData={data}
      height={320}
      defaultExpandedKeys={['data']}
      onSelect={(_keys, { node }) => props.onPick(String(node.key))}
    />
  );
}

interface TreeNode {
  readonly key: string;
  readonly title: React.ReactNode;
  readonly children: TreeNode[];
}

function nodesOf(places: readonly SamplePlace[]): TreeNode[] {
  return places.map((place) => ({
    key: place.path,
    title: <PlaceLine place={place} name={place.name} />,
    children: nodesOf(place.places),
  }));
}

export function PlaceLine({ place, name }: { readonly place: SamplePlace; readonly name: string }) {
  return (
    <span className={styles.place}>
      <span className="mono">{name}</span>
      {place.note === undefined ? null : <span className={styles.note}>{place.note}</span>}
      {place.preview === undefined ? null : <span className={styles.preview}>{place.preview}</span>}
    </span>
  );
}
