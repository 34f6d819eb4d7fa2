import { BranchCards } from './branch-cards.tsx';
import type { FieldProps } from '../../kit/form/field-props.ts';

export function PortsField(props: FieldProps) {
  return <BranchCards {...props} create={(branch) => branch} />;
}
