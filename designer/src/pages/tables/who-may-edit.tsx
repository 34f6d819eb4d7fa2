import { Alert } from 'antd';
import { joined } from '../../i18n/cause-words.ts';
import { defineTexts, useLanguage, useTexts } from '../../i18n/texts.ts';
import { useWhoMay } from '../../kit/feedback/who-may.ts';

const TEXTS = defineTexts({
  roles: ['只读。有编辑权限的角色：{{roles}}。', 'Read only. Roles that may edit: {{roles}}.'],
  domain: ['本表属于服务域“{{domain}}”，编辑还须有该服务域。', 'It belongs to the domain “{{domain}}”, which they need too.'],
  whole: ['本表属于整个平台，编辑还须有全部服务域。', 'It belongs to the whole installation, so they need all domains.'],
});

/** Names the roles that can edit the table, for a user who may only read it. */
export function WhoMayEdit({ domain }: { readonly domain: string | undefined }) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const whoMay = useWhoMay();
  const where = domain === undefined ? t('whole') : t('domain', { domain });
  return <Alert type="info" showIcon title={joined(language, t('roles', { roles: whoMay('tables.edit') }), where)} />;
}
