/**
 * `node scripts/build-sdk.mjs [folder]`: bundles the sdk for browsers into one file without imports, `public.js`, in this
 * folder. If absent: in dist/, where it replaces the module that was compiled for its types.
 */
import { continueOnRuntime, root } from './runtime.mjs';

continueOnRuntime(import.meta.url);

const FILE = 'public.js';
/** sm-crypto-v2 asks Node's module only where there is no WebCrypto. */
const WITHOUT_NODE = {
  name: 'without-node',
  enforce: 'pre',
  resolveId: (name) => (name === 'crypto' ? '\0no-crypto' : undefined),
  load: (id) => (id === '\0no-crypto' ? 'export {};' : undefined),
};

const { build } = await import('vite');
const { output } = await build({
  configFile: false,
  root,
  logLevel: 'warn',
  plugins: [WITHOUT_NODE],
  build: {
    lib: { entry: 'sdk/browser/public.ts', formats: ['es'], fileName: () => FILE },
    outDir: process.argv[2] ?? 'dist/sdk/browser',
    emptyOutDir: false,
    target: 'es2023',
    minify: true,
    rolldownOptions: { output: { codeSplitting: false } },
  },
}).then((result) => [result].flat()[0]);

const imported = output.flatMap(({ imports = [], dynamicImports = [] }) => [...imports, ...dynamicImports]).filter((name) => name !== FILE);
if (output.length !== 1 || imported.length > 0) {
  console.error(`The sdk for browsers is to be one file without imports, but imports: ${imported.join(', ')}`);
  process.exit(1);
}
