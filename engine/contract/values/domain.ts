/** Service domains: which domain owns an object, and with which other domains its owner shares it (decision 0043). */
import { Type, type Static } from 'typebox';
import { PLAIN_LINE } from './plain-text.ts';
import type { FieldText } from './texts.ts';

interface Words {
  readonly text: FieldText;
}

/** Creates a field with the name of one domain: a hospital, a department, the city. */
export const domainField = (words?: Words) => Type.String({ ...words, minLength: 1, maxLength: 64, pattern: PLAIN_LINE });
export const DomainName = domainField();

/** In `sharedWith`, this stands for every domain. */
export const EVERY_DOMAIN = '*';

/** Creates a field with the domains whose people may use an object, but not edit it. */
export const sharedWithField = (words: Words) => Type.Array(DomainName, { ...words, maxItems: 200, uniqueItems: true });

/** The domains whose objects a person may see and change. */
export const Domains = Type.Union([Type.Literal('all'), Type.Array(DomainName, { minItems: 1, maxItems: 200, uniqueItems: true })]);
export type Domains = Static<typeof Domains>;

/** The domain fields of an object. Without a domain it belongs to the whole installation. */
export interface Owned {
  readonly domain?: string | undefined;
  readonly sharedWith?: readonly string[];
}
