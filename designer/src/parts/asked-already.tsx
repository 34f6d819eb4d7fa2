import { Alert } from 'antd';
import { Link } from 'react-router';
import type { Outputs } from '../api/outputs.ts';
import { useQueryOf } from '../api/queries.ts';
import { useMe } from '../app/session.tsx';
import { defineTexts, useTexts } from '../i18n/texts.ts';

const TEXTS = defineTexts({
  asked: ['您已提交申请，等待决定', 'You have asked for it: it waits for a decision'],
  look: ['查看申请', 'See the request'],
});

type Item = Outputs['requests.list']['items'][number];

/** The person's own open request for this act, if there is one. */
export function useAsked(action: string, isAbout: (item: Item) => boolean): boolean {
  const { name } = useMe();
  const { data } = useQueryOf('requests.list', { side: 'own' });
  return (data?.items ?? []).some((item) => item.by === name && item.status === 'open' && item.action === action && isAbout(item));
}

/** In place of the button that asks. */
export function AskedAlready() {
  const t = useTexts(TEXTS);
  return <Alert type="info" showIcon title={t('asked')} action={<Link to="/requests">{t('look')}</Link>} />;
}
