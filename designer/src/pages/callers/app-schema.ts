/** The form of an app. Pure. */
import { AppDocument } from '../../../../gateways/documents/caller-documents.ts';
import { localIssues, type FormIssue } from '../../kit/form/form-issues.ts';
import { asField } from '../../kit/form/field-schema.ts';
import { pickFields } from '../../kit/form/pick-fields.ts';
import type { Language } from '../../i18n/text-pairs.ts';
import { withDefaults } from '../../model/schema/schema-defaults.ts';
import type { Content } from '../../kit/document/content.ts';

export const APP_NEW = pickFields(AppDocument, ['name', 'appId', 'caller', 'domain', 'orgId', 'windowSec']);
export const APP_FIELDS = pickFields(AppDocument, ['name', 'caller', 'domain', 'orgId', 'state', 'windowSec', 'profiles']);
const WHOLE = asField(AppDocument);

/** Returns the document to save, with defaults filled in, as the server requires. */
export function wholeApp(content: Content, fixed: Content): AppDocument {
  return withDefaults(WHOLE, { ...content, ...fixed }) as AppDocument;
}

/** Returns the problems that prevent saving. */
export function appProblems(content: Content, fixed: Content, language: Language): readonly FormIssue[] {
  return localIssues(WHOLE, { ...content, ...fixed }, language);
}
