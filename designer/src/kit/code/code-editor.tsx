/**
 * The text editor of the console, based on CodeMirror: JSON, JavaScript, XML or plain text, with problems,
 * completion, folding and search.
 */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type CompletionSource } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { javascript } from '@codemirror/lang-javascript';
import { json } from '@codemirror/lang-json';
import { xml } from '@codemirror/lang-xml';
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, linter, type Diagnostic } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, placeholder as showPlaceholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import { cspNonce } from './csp-nonce.ts';
import { foundMarks, showFirstFound } from './found-marks.ts';

export interface CodeEditorProps {
  readonly value: string;
  readonly language: 'json' | 'javascript' | 'xml' | 'text';
  readonly label: string;
  readonly isReadOnly?: boolean;
  readonly placeholder?: string;
  /** Height as a CSS length. */
  readonly height?: string;
  /** True for an editor of one line, for example for an expression. The Enter key then adds no line. */
  readonly isOneLine?: boolean;
  readonly onChange?: (value: string) => void;
  readonly onBlur?: () => void;
  /** Text to find: every match is marked, and the first one is scrolled into view. */
  readonly find?: string;
  readonly complete?: CompletionSource;
  /** Called after a pause in typing; returns the problems of the text. */
  readonly check?: (text: string) => readonly Diagnostic[] | Promise<readonly Diagnostic[]>;
}

const LANGUAGES: Readonly<Record<CodeEditorProps['language'], () => Extension>> = {
  json,
  javascript: () => javascript(),
  xml,
  text: () => [],
};

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.attributeName], color: 'var(--kq-blue)' },
  { tag: [tags.string, tags.attributeValue], color: 'var(--kq-green)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--kq-amber)' },
  { tag: [tags.keyword, tags.tagName], color: 'var(--kq-violet)' },
  { tag: tags.comment, color: 'var(--kq-text-faint)', fontStyle: 'italic' },
]);

const look = EditorView.theme({
  '&': {
    fontSize: '13px',
    backgroundColor: 'var(--kq-code)',
    color: 'var(--kq-text)',
    border: '1px solid var(--kq-border)',
    borderRadius: '6px',
  },
  '&.cm-focused': { outline: '2px solid var(--kq-accent)', outlineOffset: '-1px' },
  '.cm-scroller': { fontFamily: 'var(--kq-mono)', lineHeight: '1.6' },
  '.cm-content': { caretColor: 'var(--kq-text)' },
  '.cm-placeholder': { color: 'var(--kq-text-secondary)' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--kq-text-faint)', border: 'none' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--kq-hover) 60%, transparent)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--kq-raised)',
    color: 'var(--kq-text)',
    border: '1px solid var(--kq-border)',
    borderRadius: '6px',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--kq-accent-soft)', color: 'var(--kq-text)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    background: 'var(--kq-accent-soft)',
  },
  '.cm-found': { backgroundColor: 'var(--kq-amber-soft)', color: 'var(--kq-amber)', borderRadius: '2px' },
  '.cm-panels': { backgroundColor: 'var(--kq-raised)', color: 'var(--kq-text)' },
});

export function CodeEditor(props: CodeEditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef(props);
  const readOnly = useRef(new Compartment());
  const found = useRef(new Compartment());
  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    if (place.current === null) return;
    const made = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [extensionsOf(latest, readOnly.current), found.current.of(foundMarks(latest.current.find ?? ''))],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, [props.language, props.isOneLine]);
  useEffect(() => {
    const made = view.current;
    if (made === undefined || made.state.doc.toString() === props.value) return;
    made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: props.value } });
  }, [props.value]);
  useEffect(() => {
    view.current?.dispatch({ effects: readOnly.current.reconfigure(asReadOnly(props.isReadOnly ?? false)) });
  }, [props.isReadOnly]);
  useEffect(() => {
    const made = view.current;
    if (made === undefined) return;
    made.dispatch({ effects: found.current.reconfigure(foundMarks(props.find ?? '')) });
    showFirstFound(made, props.find ?? '');
  }, [props.find]);
  return <div ref={place} />;
}

/** Makes the editor read-only, and announces this to screen readers. */
function asReadOnly(isReadOnly: boolean): Extension {
  return [EditorState.readOnly.of(isReadOnly), EditorView.contentAttributes.of({ 'aria-readonly': String(isReadOnly) })];
}

function extensionsOf(latest: { readonly current: CodeEditorProps }, readOnly: Compartment): Extension {
  const { language, label, isReadOnly = false, placeholder, height, isOneLine = false, complete, check } = latest.current;
  return [
    EditorView.cspNonce.of(cspNonce()),
    readOnly.of(asReadOnly(isReadOnly)),
    history(),
    drawSelection(),
    bracketMatching(),
    closeBrackets(),
    indentOnInput(),
    highlightSelectionMatches(),
    syntaxHighlighting(colours),
    look,
    LANGUAGES[language](),
    EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged && update.state.doc.toString() !== latest.current.value) latest.current.onChange?.(update.state.doc.toString());
      if (update.focusChanged && !update.view.hasFocus) latest.current.onBlur?.();
    }),
    keymap.of([
      ...closeBracketsKeymap,
      ...defaultKeymap,
      ...historyKeymap,
      ...completionKeymap,
      ...searchKeymap,
      ...foldKeymap,
      ...(isOneLine ? [] : [indentWithTab]),
    ]),
    ...(isOneLine
      ? [EditorState.transactionFilter.of((transaction) => (transaction.newDoc.lines > 1 ? [] : transaction))]
      : [lineNumbers(), foldGutter(), highlightActiveLine(), EditorView.lineWrapping]),
    ...(placeholder === undefined ? [] : [showPlaceholder(placeholder)]),
    ...(complete === undefined ? [] : [autocompletion({ override: [(context) => latest.current.complete?.(context) ?? null] })]),
    ...(check === undefined
      ? []
      : [lintGutter(), linter(async (editor) => [...((await latest.current.check?.(editor.state.doc.toString())) ?? [])])]),
    ...(height === undefined ? [] : [EditorView.theme({ '&': { height }, '.cm-scroller': { overflow: 'auto' } })]),
  ];
}
