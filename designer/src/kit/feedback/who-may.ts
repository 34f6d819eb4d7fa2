import { useCallback } from 'react';
import type { Permission } from '../../../../engine/contract/access/access.ts';
import { rolesWith } from '../../../../engine/contract/access/role-rights.ts';
import { useFormat } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/texts.ts';
import { ROLE_TEXTS } from '../../i18n/role-texts.ts';

/** Returns a function that names the roles with a permission: `whoMay('grants.edit')`. */
export function useWhoMay(): (permission: Permission) => string {
  const role = useTexts(ROLE_TEXTS);
  const format = useFormat();
  return useCallback((permission) => format.list(rolesWith(permission).map((name) => role(name))), [format, role]);
}
