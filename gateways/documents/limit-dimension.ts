import { fieldText } from '../../engine/contract/values/texts.ts';
import { OneOf } from './document-fields.ts';

/** What a limit or quota counts by, the narrowest first. */
export const DIMENSIONS = ['user', 'address', 'app-interface', 'app', 'interface', 'domain'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export const DIMENSION_TEXTS: Readonly<Record<Dimension, readonly [zh: string, en: string]>> = {
  user: ['用户', 'User'],
  address: ['来源地址', 'Address'],
  'app-interface': ['应用 × 接口', 'App at this interface'],
  app: ['应用', 'App'],
  interface: ['接口', 'Interface'],
  domain: ['服务域', 'Domain'],
};

/** The option of a policy that chooses the dimension. */
export const DimensionField = OneOf(
  DIMENSIONS,
  fieldText(
    '按',
    'By',
    '按应用、用户、地址或服务域计数时，填了相同数值的接口合并计数。',
    'Interfaces with the same numbers share the count by app, user, address or domain.',
    { options: DIMENSION_TEXTS },
  ),
);
