import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { ApiError } from '../api/client.ts';
import { ErrorBox } from '../kit/feedback/error-box.tsx';
import { IssueList } from './problem-list.tsx';

/** Shows why a flow was refused. Each problem links to its field. */
export function FlowErrorBox({ error, document }: { readonly error: unknown; readonly document: FlowDocument }) {
  const issues = error instanceof ApiError ? error.issues : [];
  return <ErrorBox error={error} {...(issues.length === 0 ? {} : { problems: <IssueList issues={issues} document={document} /> })} />;
}
