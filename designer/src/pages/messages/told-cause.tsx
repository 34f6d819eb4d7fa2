/** The words for an error of a message: the platform's own sentence where all of it is known, else what kind of cause it is. */
import { errorText } from '../../../../engine/contract/error-texts.ts';
import type { ErrorRecord } from '../../../../engine/contract/errors.ts';
import type { FlowNode } from '../../../../engine/contract/flow-document.ts';
import { useCauseWords } from '../../i18n/cause-words.ts';
import { useLanguage } from '../../i18n/texts.ts';
import { failingField } from './failing-field.ts';

interface ToldCause {
  readonly what: string;
  readonly fix: string | undefined;
  /** Single problems that its sentence does not tell. */
  readonly issues: readonly { readonly path: string; readonly what: string }[];
}

const MOST_ISSUES = 5;

/** `reason`: what it is held for, where that is another code than its error's. */
export function useToldCause(error: ErrorRecord | undefined, reason: string | undefined): ToldCause | undefined {
  const language = useLanguage();
  const causeOf = useCauseWords();
  const code = error?.code ?? reason;
  if (code === undefined) return undefined;
  const cause = causeOf(reason ?? code);
  if (error === undefined) return { ...cause, issues: [] };
  const { rule, ...values } = error.values ?? {};
  const [first, ...others] = error.issues ?? [];
  // The one rule that failed is told as the field; the sentence is that of its problem.
  const isOnlyRule = first !== undefined && others.length === 0 && first.path === rule;
  const told = { ...errorText({ ...error, values }, language), ...(isOnlyRule ? { what: errorText(first, language).what } : {}) };
  const isWhole = told.what !== error.code && !told.what.includes('—') && !told.what.includes(error.code);
  const issues = (isOnlyRule ? [] : (error.issues ?? []))
    .slice(0, MOST_ISSUES)
    .map((issue) => ({ path: issue.path, what: errorText(issue, language).what }));
  if (!isWhole) return { ...cause, issues };
  const isOther = reason !== undefined && reason !== error.code;
  return {
    what: isOther ? `${cause.what}${language === 'zh-CN' ? '：' : ': '}${told.what}` : told.what,
    fix: told.fix ?? cause.fix,
    issues,
  };
}

interface IssuesProps {
  readonly issues: ToldCause['issues'];
  readonly node: FlowNode | undefined;
  readonly className: string | undefined;
}

/** Each single problem with its place: the field of the mapping, or where it stands in the data. */
export function CauseIssues({ issues, node, className }: IssuesProps) {
  if (issues.length < 2 && issues.every(({ path }) => path === '')) return null;
  const nameOf = (path: string) => failingField(node, { values: { rule: path } })?.target ?? path.slice(1).replaceAll('/', '.');
  return (
    <ul className={className}>
      {issues.map(({ path, what }, index) => (
        <li key={index}>
          {path === '' ? null : <code>{nameOf(path)}</code>} {what}
        </li>
      ))}
    </ul>
  );
}
