import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { DomainSelect, DomainsSelect } from '../../kit/form/inputs/domain-select.tsx';
import { useMe } from '../../session/session-context.ts';
import styles from './code-table-page.module.css';

const TEXTS = defineTexts({
  domain: ['服务域', 'Domain'],
  sharedWith: ['共享给', 'Shared with'],
  owners: [
    '拥有该服务域的账号可修改；共享给的服务域可以使用、不能修改。不选服务域则属于整个平台，人人可用。',
    'Accounts with this domain can edit it; the domains with which it is shared can use but not edit it. Without a domain it belongs to the whole installation and everyone can use it.',
  ],
});

export interface Owner {
  readonly domain: string | undefined;
  readonly sharedWith: readonly string[] | undefined;
}

interface TableOwnerProps {
  readonly owner: Owner;
  readonly isReadOnly: boolean;
  readonly onChange: (owner: Owner) => void;
}

/** Edits the domain to which the table belongs, whose users may edit it, and the domains that may also use it. */
export function TableOwner({ owner: { domain, sharedWith }, isReadOnly, onChange }: TableOwnerProps) {
  const t = useTexts(TEXTS);
  const hasAll = useMe().domains === 'all';
  return (
    <>
      <div className={styles.owner}>
        <label>
          {t('domain')}
          <DomainSelect
            label={t('domain')}
            isOptional={hasAll}
            isReadOnly={isReadOnly}
            value={domain}
            onChange={(next) => onChange({ domain: next, sharedWith })}
          />
        </label>
        <label>
          {t('sharedWith')}
          <DomainsSelect
            isShared
            label={t('sharedWith')}
            isReadOnly={isReadOnly || domain === undefined}
            value={sharedWith ?? []}
            onChange={(next) => onChange({ domain, sharedWith: next.length === 0 ? undefined : next })}
          />
        </label>
      </div>
      <p className={styles.hint}>{t('owners')}</p>
    </>
  );
}
