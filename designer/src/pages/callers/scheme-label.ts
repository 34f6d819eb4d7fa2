import { profileOfScheme } from '../../../../engine/contract/compatibility/profiles.ts';
import { useText } from '../../i18n/texts.ts';

/** Returns a function that names the scheme of a key: KQ1 schemes by their code, compatibility profiles by their label. */
export function useSchemeLabel(): (scheme: string) => string {
  const text = useText();
  return (scheme) => text(profileOfScheme(scheme)?.text.label) || scheme;
}
