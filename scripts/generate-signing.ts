/**
 * `npm run generate:signing`: generates the examples of docs/signing.md in the form that the console shows. A guard
 * test checks that they are current.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { goExample } from '../designer/src/signing/go-example.ts';
import { javaExample } from '../designer/src/signing/java-example.ts';
import { nodeExample } from '../designer/src/signing/node-example.ts';
import { pythonExample } from '../designer/src/signing/python-example.ts';
import { shellExample } from '../designer/src/signing/shell-example.ts';
import type { SignedCall } from '../designer/src/signing/signed-call.ts';

export const SIGNING_GUIDE = new URL('../docs/signing.md', import.meta.url);

const call = (scheme: SignedCall['scheme']): SignedCall => ({
  url: 'https://gateway.example:8443',
  appId: 'A10021',
  keyId: 'k7',
  scheme,
  method: 'POST',
  path: '/open/v1/appointments',
  query: '',
  body: '{"hospital":"A","department":"0300"}',
  isKeyed: true,
  platformKey: { keyId: 'p1', publicPem: '-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----\n' },
});

/** Examples by the language of the code block in the page. */
const EXAMPLES: Readonly<Record<string, string>> = {
  bash: shellExample(call('SM2-SM3')),
  js: nodeExample(call('SM2-SM3')),
  python: pythonExample(call('HMAC-SHA256')),
  java: javaExample(call('RSA-SHA256')),
  go: goExample(call('RSA-PSS-SHA256')),
};

/** Returns the current text of the page. */
export function signingGuide(): string {
  return readFileSync(SIGNING_GUIDE, 'utf8').replace(/```(\w+)\n[^]*?\n```/g, (block, language: string) => {
    const example = EXAMPLES[language];
    return example === undefined ? block : `\`\`\`${language}\n${example}\n\`\`\``;
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(SIGNING_GUIDE, signingGuide());
