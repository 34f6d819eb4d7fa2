/**
 * Describes an error of a message. Uses the platform's sentence if all values in it are known. Otherwise describes only
 * the kind of cause.
 */
import type { ErrorRecord } from '../../../../../engine/contract/values/errors.ts';
import type { FlowNode } from '../../../../../engine/contract/flow/flow-document.ts';
import { joined, useCauseWords } from '../../../i18n/cause-words.ts';
import { useLanguage } from '../../../i18n/texts.ts';
import { useErrorText } from '../../../kit/feedback/use-error-text.ts';
import type { Repeat } from '../../../model/problems/error-causes.ts';
import { failingField } from './failing-field.ts';

interface CauseDetails {
  readonly what: string;
  readonly fix: string | undefined;
  /** Problems that the text `what` does not mention. */
  readonly issues: readonly { readonly path: string; readonly what: string }[];
}

const MOST_ISSUES = 5;

interface Circumstances {
  /** The code that tells why the message is held, if it differs from the code of its error. */
  readonly reason?: string | undefined;
  readonly repeat: Repeat;
}

export function useCauseText(error: ErrorRecord | undefined, { reason, repeat }: Circumstances): CauseDetails | undefined {
  const language = useLanguage();
  const causeOf = useCauseWords();
  const toldOf = useErrorText(error);
  const code = error?.code ?? reason;
  if (code === undefined) return undefined;
  const cause = causeOf(reason ?? code, repeat);
  if (error === undefined) return { ...cause, issues: [] };
  const { rule, ...values } = error.values ?? {};
  const [first, ...others] = error.issues ?? [];
  // If exactly one rule of a mapping failed, its problem becomes `what`. The rule itself is shown as the field.
  const isOnlyRule = first !== undefined && others.length === 0 && first.path === rule;
  const told = {
    ...toldOf({ ...error, values }),
    ...(isOnlyRule ? { what: toldOf({ ...first, values: { ...values, ...first.values } }).what } : {}),
  };
  const isWhole = told.what !== error.code && !told.what.includes('—') && !told.what.includes(error.code);
  const issues = (isOnlyRule ? [] : (error.issues ?? []))
    .slice(0, MOST_ISSUES)
    .map((issue) => ({ path: issue.path, what: toldOf(issue).what }));
  const isOther = reason !== undefined && reason !== error.code;
  if (!isWhole && !isOther) return { ...cause, issues };
  const what = isWhole ? told.what : causeOf(error.code).what;
  return {
    what: isOther ? `${cause.what}${language === 'zh-CN' ? '：' : ': '}${what}` : what,
    fix: isWhole && told.fix !== undefined ? joined(language, told.fix, cause.again) : cause.fix,
    issues,
  };
}

interface IssuesProps {
  readonly issues: CauseDetails['issues'];
  readonly node: FlowNode | undefined;
  readonly className: string | undefined;
}

/** Lists each problem with its place: the field of the mapping, or the path in the data. */
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
