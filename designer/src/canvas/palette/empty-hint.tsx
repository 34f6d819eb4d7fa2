/** The hint on an empty canvas: how to start a flow, and a few starter chains of connected nodes. */
import { useEffect, useState } from 'react';
import { useSearchParams } from 'react-router';
import { useMay } from '../../session/session-context.ts';
import { useEditor } from '../../editor/state/editor-context.tsx';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { beginWithStarter } from '../../model/commands/begin-flow.ts';
import { startersFor, type Starter } from '../../model/commands/starters.ts';
import { NodeIcon } from '../../kit/icon/node-icon.tsx';
import { addChosen, middleOfView } from '../commands/add-chosen.ts';
import { useCanvasTools } from '../state/canvas-context.tsx';
import styles from './empty-hint.module.css';
import { SoapStarter } from './soap-starter.tsx';
import { fitAll } from '../commands/view-commands.ts';

const TEXTS = defineTexts({
  title: ['流程从触发器开始', 'A flow begins with a trigger'],
  next: ['选择一个触发器，从左侧拖入节点，或直接键入节点名称。', 'Choose one, drag nodes from the left, or type the name of a node.'],
  starters: ['或从常用流程开始', 'Or start from a common flow'],
  empty: ['这个流程还没有节点', 'This flow has no nodes yet'],
});

export function EmptyHint() {
  const isEmpty = useEditor(({ history: { document } }) => document.nodes.length + document.layout.notes.length === 0);
  const isReadOnly = useEditor((editor) => editor.isReadOnly);
  const t = useTexts(TEXTS);
  if (!isEmpty) return null;
  return <div className={styles.hint}>{isReadOnly ? <p>{t('empty')}</p> : <Beginnings />}</div>;
}

/** Id of the starter that asks for a hospital's WSDL. */
const ASKING = 'rest-to-soap';

function Beginnings() {
  const t = useTexts(TEXTS);
  const text = useText();
  const tools = useCanvasTools();
  const types = useEditor((editor) => editor.types);
  const may = useMay();
  const [asking, setAsking] = useState<Starter>();
  const choose = (starter: Starter) => (starter.id === ASKING && may('adapters.test') ? setAsking(starter) : begin(starter));
  const begin = (starter: Starter) => {
    setAsking(undefined);
    const { history } = tools.editor.getState();
    tools.perform(beginWithStarter(history.document, types, starter, tools.language, middleOfView(tools)));
    // The new nodes are rendered only after this event, so fit the view in the next frame.
    requestAnimationFrame(() => fitAll(tools));
  };
  // The starter that the user chose when creating the flow. It is removed from the address when it is inserted, so that
  // undo does not insert it again.
  const [address, setAddress] = useSearchParams();
  const wished = address.get('begin');
  useEffect(() => {
    const starter = startersFor(types).find(({ id }) => id === wished);
    if (starter === undefined) return;
    setAddress({}, { replace: true });
    choose(starter);
  }, [wished]);
  return (
    <>
      <h2>{t('title')}</h2>
      <p>{t('next')}</p>
      <div className={styles.triggers}>
        {types.inCategory('trigger').map((type) => (
          <button
            key={type.name}
            type="button"
            title={text(type.text.help)}
            onClick={() => addChosen(tools, type.name, { kind: 'place', at: middleOfView(tools) })}
          >
            <NodeIcon name={type.icon} size={18} />
            {text(type.text.label)}
          </button>
        ))}
      </div>
      <p className={styles.or}>{t('starters')}</p>
      <div className={styles.starters}>
        {startersFor(types).map((starter) => (
          <button key={starter.id} type="button" onClick={() => choose(starter)}>
            <strong>
              <NodeIcon name={starter.icon} size={18} />
              {text(starter.title)}
            </strong>
            <span>{text(starter.about)}</span>
          </button>
        ))}
      </div>
      {asking === undefined ? null : <SoapStarter onBare={() => begin(asking)} onClose={() => setAsking(undefined)} />}
    </>
  );
}
