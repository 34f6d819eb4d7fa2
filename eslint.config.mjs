import tseslint from 'typescript-eslint';

const noEnvironment = {
  object: 'process',
  property: 'env',
  message: 'Settings are read once, in engine/host/settings; take them as an argument.',
};

/** engine/flow and engine/plan give the same answer for the same document, at any time and anywhere. */
const impure = [
  { object: 'Date', property: 'now', message: 'No clock here: take the time as an argument.' },
  { object: 'Math', property: 'random', message: 'No chance here: take the number as an argument.' },
  { object: 'performance', property: 'now', message: 'No clock here: take the time as an argument.' },
];

/** V8 allocates such a function among the old objects, where it keeps alive whatever it refers to until a full collection. */
const oldFunction = {
  selector: 'AssignmentExpression[left.type="MemberExpression"] > :matches(ArrowFunctionExpression, FunctionExpression).right',
  message: 'Give the function a name first, then assign it: see docs/decisions/0013.',
};

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'designer/dist/', '.cache/', 'data/', 'designer/src/api/operations.ts'] },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { project: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: ['test', 'it', 'describe', 'suite'] }] },
      ],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false, attributes: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unsafe-assignment': 'error',
      '@typescript-eslint/no-unsafe-return': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/ban-ts-comment': 'error',
      'no-restricted-properties': ['error', noEnvironment],
      'no-console': 'error',
      'no-debugger': 'error',
      'prefer-const': 'error',
      'no-var': 'error',
      eqeqeq: ['error', 'always'],
    },
  },
  // Tests of the designer import code that uses the DOM, so they are checked with the types of the browser.
  {
    files: ['test/designer/**/*.ts'],
    languageOptions: { parserOptions: { project: './designer/tsconfig.json', tsconfigRootDir: import.meta.dirname } },
  },
  {
    files: ['engine/**/*.ts', 'gateways/**/*.ts', 'nodes/**/*.ts', 'storage/**/*.ts', 'sdk/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', oldFunction] },
  },
  {
    files: ['engine/flow/**/*.ts', 'engine/plan/**/*.ts'],
    rules: {
      'no-restricted-properties': ['error', noEnvironment, ...impure],
      'no-restricted-globals': ['error', 'setTimeout', 'setInterval', 'setImmediate', 'fetch', 'crypto'],
    },
  },
  {
    files: ['engine/host/settings*.ts', 'engine/host/settings/**/*.ts', 'cli/shared/language.ts', 'bin/**', 'test/**/*.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  { files: ['cli/**/*.ts', 'examples/**/*.ts', 'test/**/*.ts', 'scripts/**/*.ts'], rules: { 'no-console': 'off' } },
);
