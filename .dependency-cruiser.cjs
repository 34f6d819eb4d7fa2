/**
 * Who may import whom (design page 1, section 4): each sentence there is a rule here, and test/guards/boundaries.test.ts plants a
 * violation of each. Types count like values, since a type drags its module's ideas along.
 */
const SERVERS_AND_DRIVERS = ['fastify', '@fastify/', 'mongodb', 'bullmq', 'ioredis'];
const PRODUCT = 'engine|nodes|storage|gateways|control|designer|sdk|cli|bin|test|examples|scripts|deploy';
const packages = (names) => `node_modules/(${names.join('|')})`;
const productBut = (allowed) => ({ path: `^(${PRODUCT})/`, pathNot: allowed });

const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

module.exports = {
  forbidden: [
    rule('no-cycles', 'Two files that import each other are one file in two places.', {}, { circular: true }),
    rule('no-barrels', 'No index files: import the file itself.', { path: '(^|/)index\\.(ts|mjs)$', pathNot: 'node_modules' }, {}),
    rule(
      'no-orphans',
      'Nobody imports this file and it imports nothing.',
      {
        orphan: true,
        path: `^(${PRODUCT})/`,
        pathNot: [
          '\\.d\\.ts$',
          '^test/',
          '^scripts/',
          '^examples/',
          '^designer/(src/main\\.tsx|vite\\.config\\.ts|src/api/operations\\.ts)$',
        ],
      },
      {},
    ),
    rule('resolvable', 'The imported file or package does not exist.', {}, { couldNotResolve: true }),
    rule(
      'no-dev-packages',
      'A development package is not there in production.',
      // Those of the designer and of the sdk for browsers are bundled.
      { path: `^(${PRODUCT})/`, pathNot: '^(test|scripts|designer|sdk/browser)/' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    ),

    rule(
      'contract-is-a-leaf',
      'engine/contract uses TypeBox and itself only, and runs in a browser.',
      { path: '^engine/contract/' },
      { pathNot: ['^engine/contract/', packages(['typebox/'])] },
    ),
    rule(
      'threads-stand-on-the-contract',
      'engine/threads runs tasks and knows none: nodes and gateways take it as they take the contract.',
      { path: '^engine/threads/' },
      productBut(['^engine/(contract|threads)/']),
    ),
    rule(
      'schema-stands-on-contract-and-threads',
      'engine/schema checks data by the JSON Schemas of people, for nodes and gateways alike.',
      { path: '^engine/schema/' },
      productBut(['^engine/(contract|threads|schema)/', '^engine/expression/translate-pattern\\.ts$']),
    ),
    rule(
      'functions-stand-on-the-contract',
      'engine/functions holds pure functions for mappings and expressions, which also run in a browser.',
      { path: '^engine/functions/' },
      productBut(['^engine/(contract|functions)/']),
    ),
    rule(
      'engine-knows-no-server-or-driver',
      'The engine knows no web server, no database, no queue product.',
      { path: '^engine/' },
      { path: packages(SERVERS_AND_DRIVERS) },
    ),
    rule(
      'engine-is-below-everything',
      'The engine is handed nodes, stores and gateways; it never imports them.',
      { path: '^engine/' },
      productBut('^engine/'),
    ),
    rule(
      'flow-and-plan-are-pure',
      'No clock and no I/O: not even the modules that offer them.',
      { path: '^engine/(flow|plan)/' },
      { dependencyTypes: ['core'] },
    ),
    rule(
      'flow-and-plan-know-only-themselves',
      'Pure code runs nothing of the impure engine (its types it may name).',
      { path: '^engine/(flow|plan)/' },
      { path: `^(${PRODUCT})/`, pathNot: '^engine/(contract|flow|plan)/', dependencyTypesNot: ['type-only'] },
    ),

    rule(
      'node-sees-contract-and-its-own',
      'A node sees engine/contract, engine/functions, engine/threads, engine/schema, nodes/shared and its own protocol, never another protocol.',
      { path: '^nodes/([^/]+)/' },
      productBut(['^engine/(contract|functions|threads|schema)/', '^nodes/shared/', '^nodes/$1/']),
    ),
    rule(
      'node-uses-no-server-or-driver',
      'A node uses its client library, never the stores or servers of the platform. To the messaging nodes, Redis is a broker of others.',
      { path: '^nodes/', pathNot: ['\\.test\\.ts$', '^nodes/messaging/brokers/redis\\.ts$'] },
      { path: packages(SERVERS_AND_DRIVERS) },
    ),
    rule(
      'mapping-runs-in-a-browser',
      'nodes/shared/mapping and engine/functions are part of the designer.',
      { path: '^(nodes/shared/mapping|engine/functions)/' },
      { dependencyTypes: ['core'] },
    ),

    rule(
      'policy-sees-the-contracts',
      'A policy sees engine/contract, engine/schema, the contract and documents of gateways/ and the rooms below policies (errors, shared, content, inspection …), never another policy.',
      { path: '^gateways/policies/[^/]+/([^/]+)' },
      productBut([
        '^engine/(contract|schema)/',
        '^gateways/((contract|errors|json-reading|plan-index|policy-ports|settings)\\.ts$|documents/)',
        '^gateways/(shared|content|inspection|objects|load|cache|identity)/',
        '^gateways/policies/[^/]+/$1',
      ]),
    ),
    rule(
      'gateways-shared-is-below-policies',
      'What policies share knows the contracts only.',
      { path: '^gateways/((shared|content|inspection|objects|load|cache|identity)/|errors\\.ts$)' },
      productBut([
        '^engine/(contract|threads|schema)/',
        '^gateways/((contract|errors|json-reading|plan-index|policy-ports|settings)\\.ts$|documents/)',
        '^gateways/(shared|content|inspection|objects|load|cache|identity)/',
      ]),
    ),
    rule(
      'gateways-reach-flows-by-run-flow',
      'The root hands RunFlow in; gateways see the contract of the engine only.',
      { path: '^gateways/' },
      productBut(['^engine/(contract|threads|schema)/', '^gateways/']),
    ),
    rule(
      'gateways-contract-is-a-leaf',
      'gateways/contract.ts and the documents it speaks of are what everything else in gateways/ stands on.',
      { path: '^gateways/((contract|json-reading|plan-index|policy-ports|settings)\\.ts$|documents/)' },
      productBut(['^engine/contract/', '^gateways/((json-reading|plan-index|policy-ports|settings)\\.ts$|documents/)']),
    ),

    rule(
      'store-sees-contract-and-driver',
      'A storage backend sees the contract (and the shape of a backend), its driver and its own folder, and what any of them may take: a lock on a file, parts of one process, files of payloads, writes by revision, the doorbell on BullMQ.',
      { path: '^storage/([^/]+)/' },
      productBut(['^engine/contract/', '^storage/(shared|in-process|blobs|revisioned|bullmq)/', '^storage/$1/']),
    ),
    rule(
      'storage-is-below-everything',
      'storage/ sees the contract, not those who use it.',
      { path: '^storage/' },
      // open-storage.ts composes: it gives the opened store its seal, its gate and its marks. The rule above keeps both from every backend.
      productBut(['^engine/(contract|seal|transfer|integrity)/', '^storage/']),
    ),
    rule(
      'only-open-storage-lists-backends',
      'storage/open-storage.ts is the only file that lists backends.',
      { path: `^(${PRODUCT})/`, pathNot: ['^storage/open-storage\\.ts$', '^storage/[^/]+/', '^test/'] },
      // Cryptography is a port without a store behind it: the command line makes keys with it.
      { path: '^storage/[^/]+/', pathNot: '^storage/(crypto|shared)/' },
    ),

    rule(
      'control-sees-engine-and-gateway-contract',
      'Control uses the engine and the contract and documents of the gateways.',
      { path: '^control/' },
      productBut(['^engine/', '^gateways/(contract\\.ts$|documents/)', '^control/']),
    ),
    rule(
      'actions-know-no-http',
      'What a person may do is right, input and audit: only control/api, the creator and what notifies a web hook know HTTP.',
      { path: '^control/', pathNot: '^control/(api/|create-control\\.ts$|alarms/send-notice\\.ts$)' },
      { path: ['^(node:)?https?2?$', '^control/api/', packages(['fastify', '@fastify/', 'undici'])] },
    ),
    rule(
      'fastify-stays-at-the-edge',
      'fastify is known only in gateways/listen and control/api.',
      { path: `^(${PRODUCT})/`, pathNot: ['^(gateways/listen|control/api|test|examples)/', '^engine/'] },
      { path: packages(['fastify', '@fastify/']) },
    ),

    rule(
      'designer-sees-the-browser-parts',
      'The designer sees engine/contract, documents and refusals of the gateways, engine/flow, engine/functions, the browser entry of expressions, nodes/shared/mapping and the parser of HL7.',
      { path: '^designer/' },
      {
        ...productBut([
          '^engine/contract/',
          '^engine/flow/',
          '^engine/functions/',
          '^engine/expression/browser\\.ts$',
          '^gateways/(documents/|errors\\.ts$)',
          '^nodes/shared/mapping/',
          '^nodes/shared/hl7/(form|message|message-data)\\.ts$',
          '^designer/',
        ]),
      },
    ),
    rule(
      'designer-model-is-pure',
      'The model knows neither React nor the browser.',
      { path: '^designer/src/model/' },
      {
        path: ['^designer/src/(?!model/)', packages(['react', 'react-dom', '@xyflow', 'antd', 'zustand', '@tanstack'])],
        dependencyTypesNot: ['type-only'],
      },
    ),
    rule(
      'designer-kit-is-below-pages',
      'The kit is what every page is built with: it knows the model, the session and the API, but no page, no node and no flow editor.',
      { path: '^designer/src/kit/' },
      { path: '^designer/src/(?!(api|i18n|kit|model|session)/)' },
    ),
    rule(
      'designer-shell-is-on-top',
      'The shell holds the pages; only its entry opens it.',
      { path: '^designer/src/(?!shell/|main\\.tsx$)' },
      { path: '^designer/src/shell/' },
    ),
    rule(
      'designer-runs-in-a-browser',
      'No module of Node in the designer.',
      { path: '^designer/', pathNot: '^designer/vite\\.config\\.ts$' },
      { dependencyTypes: ['core'] },
    ),
    rule(
      'sdk-sees-the-contract',
      'The SDK stands alone beside the contract.',
      { path: '^sdk/' },
      productBut(['^engine/contract/', '^storage/crypto/', '^sdk/']),
    ),
    rule(
      'sdk-runs-in-a-browser',
      'No module of Node in the core of the SDK and in its half for browsers.',
      { path: '^sdk/(core|browser)/' },
      { dependencyTypes: ['core'] },
    ),
    rule(
      'sdk-core-knows-no-environment',
      'The core of the SDK and its half for browsers use nothing of its half for Node.',
      { path: '^sdk/(core|browser)/' },
      { path: `^(storage|sdk/node)/|${packages(['undici/'])}` },
    ),
    rule(
      'nobody-imports-a-root',
      'Composition roots see everything; nobody sees them.',
      { path: `^(${PRODUCT})/`, pathNot: '^(cli|bin|test)/' },
      { path: '^(cli|bin)/' },
    ),
    rule('nobody-imports-tests', 'The product runs without its tests.', { path: `^(${PRODUCT})/`, pathNot: '^test/' }, { path: '^test/' }),
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^dist/'] },
    exclude: { path: ['^dist/', '^data/', '^\\.cache/', '^designer/dist/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.cjs', '.json'],
    },
  },
};
