import type { FlowDocument, LayoutColour } from '../../../../engine/contract/flow/flow-document.ts';
import { createId } from '../../../../engine/contract/values/ids.ts';
import type { Command } from '../history/flow-history.ts';
import { leaveGroups } from '../flow/draft-parts.ts';
import { refuse, type Planned } from './refusal.ts';

const MOST_GROUPS = 200;

/** Draws a frame around nodes. The nodes leave their previous groups, because frames cannot be nested. */
export function addGroup(
  document: FlowDocument,
  ids: readonly string[],
  label: string,
  colour: LayoutColour = 'teal',
): Planned<{ readonly groupId: string }> {
  const nodes = document.nodes.map(({ id }) => id).filter((id) => ids.includes(id));
  if (nodes.length === 0) return refuse('TOO_FEW');
  if (document.layout.groups.length >= MOST_GROUPS) return refuse('TOO_MANY');
  const groupId = createId('group');
  return {
    groupId,
    command: {
      name: 'group.add',
      subject: label,
      change(draft) {
        leaveGroups(draft, new Set(nodes));
        draft.layout.groups.push({ id: groupId, label: label.slice(0, 200), nodes: [...nodes], colour });
      },
    },
  };
}

/** Renames or recolours a group. */
export function changeGroup(groupId: string, change: { readonly label?: string; readonly colour?: LayoutColour }): Command {
  return {
    name: 'group.change',
    mergeKey: `group ${groupId} ${Object.keys(change).sort().join(' ')}`,
    change(draft) {
      const group = draft.layout.groups.find(({ id }) => id === groupId);
      if (group === undefined) return;
      if (change.label !== undefined) group.label = change.label.slice(0, 200);
      if (change.colour !== undefined) group.colour = change.colour;
    },
  };
}

/** Moves nodes into a group; without a group id, removes them from all groups. */
export function setGroup(document: FlowDocument, ids: readonly string[], groupId: string | undefined): Command {
  const nodes = document.nodes.map(({ id }) => id).filter((id) => ids.includes(id));
  return {
    name: 'group.change',
    change(draft) {
      const into = draft.layout.groups.find(({ id }) => id === groupId);
      const stay = new Set(into?.nodes);
      leaveGroups(draft, new Set(nodes.filter((id) => !stay.has(id))));
      into?.nodes.push(...nodes.filter((id) => !stay.has(id)));
    },
  };
}

/** Removes frames; their contents stay. */
export function removeGroups(groupIds: readonly string[]): Command {
  return {
    name: 'group.remove',
    change: (draft) => void (draft.layout.groups = draft.layout.groups.filter(({ id }) => !groupIds.includes(id))),
  };
}
