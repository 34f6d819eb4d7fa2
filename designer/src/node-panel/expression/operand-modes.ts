/** The kinds of operands that the author can choose, and their initial values. Pure. */
import type { Operand } from '../../../../engine/contract/flow/expression-types.ts';

export const OPERAND_MODES = ['path', 'text', 'number', 'boolean', 'list', 'json', 'expression'] as const;
export type OperandMode = (typeof OPERAND_MODES)[number];

export function modeOf(operand: Operand | undefined): OperandMode | undefined {
  if (operand === undefined) return undefined;
  if ('path' in operand) return 'path';
  if ('expression' in operand) return 'expression';
  const { value } = operand;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return 'list';
  switch (typeof value) {
    case 'string':
      return 'text';
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    default:
      return 'json';
  }
}

/**
 * Converts the operand to another kind. Keeps the text if possible. Returns undefined if an operand of this kind needs
 * an input by the author first.
 */
export function inMode(operand: Operand | undefined, mode: OperandMode): Operand | undefined {
  const written = writtenIn(operand);
  switch (mode) {
    case 'path':
      return written === '' ? undefined : { path: written };
    case 'expression':
      return written === '' ? undefined : { expression: written };
    case 'text':
      return { value: written };
    case 'number':
      return { value: written.trim() === '' || Number.isNaN(Number(written)) ? 0 : Number(written) };
    case 'boolean':
      return { value: written !== 'false' };
    case 'list':
      return { value: written === '' ? [] : [written] };
    case 'json':
      return { value: operand !== undefined && 'value' in operand ? operand.value : {} };
  }
}

function writtenIn(operand: Operand | undefined): string {
  if (operand === undefined) return '';
  if ('path' in operand) return operand.path;
  if ('expression' in operand) return operand.expression;
  return typeof operand.value === 'object' || operand.value === undefined ? '' : String(operand.value);
}
