import type { ConditionRule } from '../../../../engine/contract/flow/expression-types.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { BranchCards, type Branch } from './branch-cards.tsx';
import { ConditionInput } from '../expression/condition-input.tsx';
import { startRule } from '../expression/condition-rules.ts';
import type { FieldProps } from '../../kit/form/field-props.ts';

const TEXTS = defineTexts({ when: ['{{branch}} 的条件', '{{branch}}: condition'] });

interface RuleBranch extends Branch {
  readonly when: ConditionRule;
}

export function BranchesField(props: FieldProps) {
  const t = useTexts(TEXTS);
  return (
    <BranchCards<RuleBranch>
      {...props}
      create={(branch) => ({ ...branch, when: startRule() })}
      inside={(branch, change, place, name) => (
        <ConditionInput
          label={t('when', { branch: name })}
          rule={branch.when}
          pointer={`${place}/when`}
          onChange={(when) => change({ ...branch, when })}
        />
      )}
    />
  );
}
