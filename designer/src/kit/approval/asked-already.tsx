/** Shows requests that the user has already made, in the place where they could make the same request again. */
import type { Output } from '../../api/operation-types.ts';
import { Alert } from 'antd';
import { Link } from 'react-router';
import { useQueryOf } from '../../api/queries.ts';
import { useMe } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useWhat } from './request-words.tsx';
import { TimeText } from '../time/time-text.tsx';
import { useWhoMay } from '../feedback/who-may.ts';

const TEXTS = defineTexts({
  asked: ['已申请 · {{what}}', 'Requested · {{what}}'],
  waits: ['等待决定（{{roles}}），提交于 ', 'Waiting for a decision ({{roles}}) since '],
  refused: ['申请被 {{who}} 拒绝 · {{what}}', 'Refused by {{who}} · {{what}}'],
  failed: ['{{who}} 已同意，但没有执行成功 · {{what}}', 'Accepted by {{who}}, but it failed · {{what}}'],
  look: ['查看申请', 'See the request'],
});

type Item = Output<'requests.list'>['items'][number];

/** Decisions older than this are no longer shown. */
const NEWS_MS = 7 * 86_400_000;

interface OwnRequests {
  readonly open: readonly Item[];
  /** The user's newest request, if it was refused or failed within the last days. */
  readonly refused: Item | undefined;
}

/** Returns the user's own requests for this action. `isAbout` selects those for the same object. */
export function useAsked(action: string, isAbout: (item: Item) => boolean): OwnRequests {
  const { name } = useMe();
  const { data } = useQueryOf('requests.list', { side: 'own' });
  const own = (data?.items ?? []).filter((item) => item.by === name && item.action === action && isAbout(item));
  const newest = own.toSorted((a, b) => b.at - a.at)[0];
  const isNews = (newest?.status === 'refused' || newest?.status === 'failed') && Date.now() - (newest.decidedAt ?? 0) < NEWS_MS;
  return { open: own.filter(({ status }) => status === 'open' || status === 'deciding'), refused: isNews ? newest : undefined };
}

/** Shows the open requests, instead of the button that makes a request. */
export function AskedAlready({ requests }: { readonly requests: readonly Item[] }) {
  const t = useTexts(TEXTS);
  const whatOf = useWhat();
  const whoMay = useWhoMay();
  return requests.map((item) => (
    <Alert
      key={item.requestId}
      type="info"
      showIcon
      title={t('asked', { what: whatOf(item) })}
      description={
        <>
          {t('waits', { roles: whoMay(item.needs) })}
          <TimeText at={item.at} />
        </>
      }
      action={<Look of={item} />}
    />
  ));
}

/** Shows why the last request was refused or failed, beside the request button. */
export function RefusedLately({ request }: { readonly request: Item | undefined }) {
  const t = useTexts(TEXTS);
  const whatOf = useWhat();
  if (request === undefined) return null;
  const { status, decidedBy = '', decidedAt, decision } = request;
  return (
    <Alert
      type="warning"
      showIcon
      title={t(status === 'failed' ? 'failed' : 'refused', { who: decidedBy, what: whatOf(request) })}
      description={
        <>
          {decision} · <TimeText at={decidedAt} />
        </>
      }
      action={<Look of={request} />}
    />
  );
}

function Look({ of: { requestId } }: { readonly of: Item }) {
  const t = useTexts(TEXTS);
  return <Link to={`/requests?request=${requestId}`}>{t('look')}</Link>;
}
