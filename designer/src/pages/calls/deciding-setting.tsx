/** Names the setting that decided a call: which limit, quota, list or rule, with a link to where it is changed. */
import { Link } from 'react-router';
import type { CallLine } from '../../api/operations.ts';
import { useQueryOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useMe } from '../../session/session-context.ts';
import styles from './calls.module.css';
import { useStageWords } from './stage-words.ts';

const TEXTS = defineTexts({
  policy: ['看接口的这项设置', 'See this setting of the interface'],
  'ip-lists': ['看名单', 'See the list'],
  'object-rules': ['看规则组', 'See the rule set'],
  'blocked-callers': ['看黑名单', 'See the black list'],
  'safe-sites': ['看安全域名', 'See the safe sites'],
});

type Target = keyof typeof TEXTS;

export function DecidingSetting({ call }: { readonly call: CallLine }) {
  const t = useTexts(TEXTS);
  const { noteOf, dimensionOf } = useStageWords();
  const hasAll = useMe().domains === 'all';
  const known = useQueryOf('policies.list', {}).data?.items.some(({ name }) => name === call.decidedBy) === true;
  const note = call.notes?.findLast(({ policy }) => policy === call.decidedBy);
  const found = settingOf(call, note?.where);
  if (!known || found === undefined || (found.target === 'blocked-callers' && !hasAll)) return null;
  return (
    <span className={styles.links} data-setting={found.target}>
      {note === undefined ? null : (
        <span>
          {note.where === undefined ? null : (dimensionOf(note) ?? <code>{note.where}</code>)} {noteOf(note.what)}
        </span>
      )}
      <Link to={found.to}>{t(found.target)}</Link>
    </span>
  );
}

/** Returns where the setting is changed; undefined for a call that no policy decided. */
function settingOf({ decidedBy, interfaceId }: CallLine, where = ''): { readonly target: Target; readonly to: string } | undefined {
  if (decidedBy === undefined) return undefined;
  const onSecurity = (target: Target, id = '') => ({ target, to: `/security?tab=${target}${id === '' ? '' : `&open=${id}`}` });
  const shared = /^(?:ipl|ors)_[A-Za-z0-9_-]+/.exec(where)?.[0];
  if (shared !== undefined) return onSecurity(shared.startsWith('ipl') ? 'ip-lists' : 'object-rules', shared);
  if (decidedBy === 'blocked-caller') return onSecurity('blocked-callers');
  if (decidedBy === 'safe-site') return onSecurity('safe-sites');
  return interfaceId === undefined ? undefined : { target: 'policy', to: `/interfaces/${interfaceId}?policy=${decidedBy}` };
}
