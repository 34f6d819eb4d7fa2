/** Renders a node's help: paragraphs, lists, headings, tables, `code`, *emphasis* and **strong**. Other markup is not supported. */
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
  if (lines.length > 2 && lines.every((line) => line.startsWith('|'))) return <HelpTable lines={lines} />;
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

/** The first line has the headings, the second one only separates. */
function HelpTable({ lines: [head = '', , ...rows] }: { readonly lines: readonly string[] }) {
  return (
    <table>
      <thead>
        <tr>
          {cells(head).map((cell, index) => (
            <th key={index}>{inline(cell)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, number) => (
          <tr key={number}>
            {cells(row).map((cell, index) => (
              <td key={index}>{inline(cell)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Returns the cells of a row. A cell writes a bar as `\|`. */
function cells(row: string): readonly string[] {
  return row
    .slice(1)
    .replace(/\|\s*$/, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** Returns the items of a list. An indented line continues the previous item. */
function items(lines: readonly string[]): readonly string[] {
  return lines.reduce<string[]>((found, line) => {
    if (/^[-*] /.test(line)) return [...found, line.slice(2)];
    return [...found.slice(0, -1), `${found.at(-1) ?? ''} ${line.trim()}`];
  }, []);
}

function inline(text: string): ReactNode {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^\s*][^*]*\*)/).map((part, index) => {
    if (part.startsWith('`') && part.endsWith('`') && part.length > 2) return <code key={index}>{part.slice(1, -1)}</code>;
    if (part.startsWith('**') && part.endsWith('**') && part.length > 4) return <strong key={index}>{part.slice(2, -2)}</strong>;
    if (part.startsWith('*') && part.endsWith('*') && part.length > 2) return <em key={index}>{part.slice(1, -1)}</em>;
    return <Fragment key={index}>{part}</Fragment>;
  });
}
