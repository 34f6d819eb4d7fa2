import { Link } from 'react-router';
import type { Input } from '../../api/operation-types.ts';
import { useListOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { Facts } from './facts.tsx';

const TEXTS = defineTexts({
  domain: ['服务域', 'Domain'],
  collection: ['汇集', 'Collection'],
  key: ['仅此键', 'Only the key'],
  items: ['现有数据', 'Items now'],
  count: ['{{count}} 条', '{{count}} {{count|item|items}}'],
});

/** Shows which collection would lose what waits in it, and how much that is now. */
export function CollectionRemoval({ input: { domain, collection, key } }: { readonly input: Input<'flow-data.remove-items'> }) {
  const t = useTexts(TEXTS);
  const collections = useListOf('flow-data.collections', {});
  const count = collections.data?.items.find((one) => one.domain === domain && one.collection === collection)?.items ?? 0;
  return (
    <Facts
      rows={[
        [t('domain'), domain],
        [
          t('collection'),
          <Link key="to" to="/flow-data">
            {collection}
          </Link>,
        ],
        ...(key === undefined ? [] : [[t('key'), <code key="key">{key}</code>] as const]),
        [t('items'), t('count', { count })],
      ]}
    />
  );
}
