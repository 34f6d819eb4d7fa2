/** Renders a node's help: paragraphs, lists, headings, `code` and **strong**. Other markup is not supported. */
import { Fragment, type ReactNode } from 'react';
import styles from './help-text.module.css';

export function HelpText({ text }: { readonly text: string }) {
  const blocks = text
    .trim()
    .split(/\n{2,}/)
    .map((block) => block.trim())
    .filter((block) => block !== '');
  return (
    <div className={styles.help}>
      {blocks.map((block, index) => (
        <Block key={index} text={block} />
      ))}
    </div>
  );
}

function Block({ text }: { readonly text: string }) {
  const fence = /^```\w*\n([^]*?)\n?```$/.exec(text)?.[1];
  if (fence !== undefined) return <pre>{fence}</pre>;
  const heading = /^#{1,6} (.*)$/.exec(text)?.[1];
  if (heading !== undefined) return <h4>{inline(heading)}</h4>;
  const lines = text.split('\n');
  if (lines.every((line) => /^(?:[-*] |\s{2,}\S)/.test(line)))
    return (
      <ul>
        {items(lines).map((line, index) => (
          <li key={index}>{inline(line)}</li>
        ))}
      </ul>
    );
  return <p>{inline(lines.join(' '))}</p>;
}

/** Returns the items of a list. An indented line continues the previous item. */
function items(lines: readonly string[]): readonly string[] {
  return lines.reduce<string[]>((found, line) => {
    if (/^[-*] /.test(line)) return [...found, line.slice(2)];
    return [...found.slice(0, -1), `${found.at(-1) ?? ''} ${line.trim()}`];
  }, []);
}

function inline(text: string): ReactNode {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part, index) => {
    if (part.startsWith('`') && part.endsWith('`') && part.length > 2) return <code key={index}>{part.slice(1, -1)}</code>;
    if (part.startsWith('**') && part.endsWith('**') && part.length > 4) return <strong key={index}>{part.slice(2, -2)}</strong>;
    return <Fragment key={index}>{part}</Fragment>;
  });
}
