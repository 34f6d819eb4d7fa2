/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-explicit-any -- documents of every shape are looked into */
/** Kubernetes, compose and container files, read by the libraries of the tools that will read them. */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { describeSettings, readSettings } from '../../engine/host/settings.ts';
import { missing, readByItsTool, root } from './tools.ts';

const needsGo = { skip: missing('go') };
const SECRETS = ['kangqiao.kek', 'kangqiao.kek.node', 'store-password', 'shared-password'];
const FRONTS = ['open', 'user', 'bus'];

async function readManifests(): Promise<readonly any[]> {
  const files = globSync('deploy/kubernetes/*.yaml', { cwd: root }).filter((file) => !file.endsWith('kustomization.yaml'));
  return (await readByItsTool(
    'kubernetes',
    files.map((file) => join(root, file)),
  )) as any[];
}

test('every manifest is listed, and names only what is there', needsGo, async () => {
  const all = await readManifests();
  const listed = (await readFile(join(root, 'deploy/kubernetes/kustomization.yaml'), 'utf8')).match(/^ {2}- \S+\.yaml$/gm)!.length;
  assert.equal(listed, globSync('deploy/kubernetes/*.yaml', { cwd: root }).length - 1);
  const workloads = all.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
  assert.deepEqual(workloads.map(({ metadata }) => metadata.name).sort(), [
    'control',
    'gateway-bus',
    'gateway-open',
    'gateway-user',
    'worker',
  ]);
  const isSelected = (selector: Record<string, string>) =>
    workloads.some(({ spec }) => Object.entries(selector).every(([label, value]) => spec.template.metadata.labels[label] === value));
  for (const { kind, metadata, spec } of all) {
    const selector =
      kind === 'Service'
        ? spec.selector
        : kind === 'PodDisruptionBudget'
          ? spec.selector.matchLabels
          : kind === 'NetworkPolicy'
            ? spec.podSelector.matchLabels
            : undefined;
    if (selector !== undefined) assert.ok(isSelected(selector), `${kind} ${metadata.name} selects nothing`);
    if (kind === 'HorizontalPodAutoscaler')
      assert.ok(
        workloads.some((one) => one.kind === spec.scaleTargetRef.kind && one.metadata.name === spec.scaleTargetRef.name),
        metadata.name,
      );
  }
  for (const { metadata } of workloads)
    for (const kind of ['PodDisruptionBudget', ...(metadata.name === 'control' ? [] : ['HorizontalPodAutoscaler'])])
      assert.ok(
        all.some((one) => one.kind === kind && one.metadata.name === metadata.name),
        `${metadata.name} has no ${kind}`,
      );
  assert.ok(
    all.every(({ kind }) => kind !== 'Secret'),
    'no secret lies in a manifest',
  );
});

test('every process in Kubernetes runs with the least rights and is probed where it answers', needsGo, async () => {
  const all = await readManifests();
  const settings = all.find(({ kind }) => kind === 'ConfigMap').data;
  for (const { metadata, spec } of all.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')) {
    const { securityContext, containers, terminationGracePeriodSeconds, automountServiceAccountToken, volumes } = spec.template.spec;
    const [container] = containers;
    assert.deepEqual(
      [securityContext.runAsNonRoot, securityContext.seccompProfile.type, automountServiceAccountToken],
      [true, 'RuntimeDefault', false],
    );
    const { allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities } = container.securityContext;
    assert.deepEqual([allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities.drop], [false, true, ['ALL']], metadata.name);
    const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe].map(({ httpGet }) => [
      httpGet.path,
      httpGet.port,
      httpGet.scheme,
    ]);
    assert.deepEqual(probes, [
      ['/healthz', 'status', 'HTTPS'],
      ['/healthz', 'status', 'HTTPS'],
      ['/readyz', 'status', 'HTTPS'],
    ]);
    assert.equal(String(container.ports.find(({ name }: any) => name === 'status').containerPort), settings.KQ_STATUS_PORT);
    assert.ok(Number(settings.KQ_DRAIN_MS) / 1000 + 5 < terminationGracePeriodSeconds);
    assert.equal(volumes.find(({ name }: any) => name === 'secrets').secret.defaultMode & 0o007, 0);
    const [role, , front] = container.args;
    assert.equal(metadata.name, role === 'gateway' ? `gateway-${front}` : role);
  }
});

test('workers are scaled by the age of the queue, under the name that the product gives it', needsGo, async () => {
  const worker = (await readManifests()).find(({ kind, metadata }) => kind === 'HorizontalPodAutoscaler' && metadata.name === 'worker');
  const { name } = worker.spec.metrics[0].external.metric;
  const sources = globSync('engine/**/*.ts', { cwd: root });
  const texts = await Promise.all(sources.map((file) => readFile(join(root, file), 'utf8')));
  assert.ok(
    texts.some((text) => text.includes(`gauge('${name.replace('kangqiao_', '')}'`)),
    `${name} is exported by nobody`,
  );
});

test('hospitals reach MLLP listeners on the workers, with their own address, at ports that the network lets in', needsGo, async () => {
  const all = await readManifests();
  const { spec } = all.find(({ kind, metadata }) => kind === 'Service' && metadata.name === 'mllp');
  const worker = all.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'worker');
  assert.deepEqual(spec.selector, worker.spec.selector.matchLabels);
  assert.deepEqual([spec.type, spec.externalTrafficPolicy], ['LoadBalancer', 'Local']);
  const policy = all.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'from-hospitals-to-listeners');
  const [{ port: first, endPort: last }] = policy.spec.ingress[0].ports;
  for (const { port, targetPort } of spec.ports) assert.ok(port === targetPort && port >= first && port <= last, String(port));
});

test('compose runs the whole: two gateways a front, two workers, everything by TLS and secrets in files', needsGo, async () => {
  const { services, secrets } = (await readByItsTool('compose', [join(root, 'deploy/compose/compose.yaml')])) as any;
  const commands = Object.entries<any>(services).map(([name, { command }]) => [name, command] as const);
  for (const front of FRONTS)
    assert.equal(commands.filter(([, command]) => command?.join(' ') === `gateway --front ${front}`).length, 2, front);
  assert.equal(commands.filter(([, command]) => command?.join(' ') === 'worker').length, 2);
  for (const [name, service] of Object.entries<any>(services)) {
    for (const [variable, value] of Object.entries<any>(service.environment ?? {}))
      if (/PASSWORD|SECRET|TOKEN|KEY/.test(variable)) assert.match(value, /^\/run\/secrets\//, `${name} ${variable}`);
    for (const { source } of service.secrets ?? []) assert.ok(source in secrets, `${name}: ${source}`);
    assert.ok(service.mem_limit !== undefined, `${name} has no bound of memory`);
  }
  const { environment, read_only, cap_drop, stop_grace_period } = services['gateway-open-1'];
  assert.deepEqual([read_only, cap_drop, stop_grace_period], [true, ['ALL'], '30s']);
  const read = readSettings(environment);
  assert.deepEqual(read.trustedProxies, [services['front-door'].networks.doors.ipv4_address]);
  for (const secret of SECRETS)
    assert.ok(
      services['worker-1'].secrets.some(({ source }: any) => source === secret),
      secret,
    );
  assert.equal(services.mongo.ports ?? services.redis.ports, undefined, 'store and shared state are not offered outside');
});

test('the image is built in stages, without native builds, and runs as nobody in particular', needsGo, async () => {
  const read = (await readByItsTool('dockerfile', [join(root, 'deploy/container/Dockerfile')])) as { stage: string; text: string }[];
  const stages = [...new Set(read.map(({ stage }) => stage))];
  assert.equal(stages.length, 3);
  const last = read.filter(({ stage }) => stage === stages.at(-1)).map(({ text }) => text);
  assert.ok(last.includes('USER 10001:10001'));
  assert.ok(last.some((text) => text.startsWith('HEALTHCHECK')));
  assert.ok(last.every((text) => !/^RUN .*npm (ci|install)/.test(text)));
  for (const { text } of read.filter(({ text }) => text.includes('npm ci'))) assert.match(text, /--ignore-scripts/);
  // The same JavaScript for every architecture is made on the builder's.
  for (const { text } of read.filter(({ text, stage }) => text.startsWith('FROM') && stage !== stages.at(-1)))
    assert.match(text, /--platform=\$BUILDPLATFORM/);
});

test('deployment files name only settings that there are', async () => {
  const known = new Set(describeSettings(readSettings({})).map(({ variable }) => variable));
  const named = globSync('deploy/**/*', { cwd: root, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(async (entry) => {
      const file = join(entry.parentPath, entry.name);
      return [...(await readFile(file, 'utf8')).matchAll(/\bKQ_[A-Z_]+/g)].map(([name]) => ({ file, name }));
    });
  const all = (await Promise.all(named)).flat();
  assert.ok(all.length > 50);
  assert.deepEqual(
    all.filter(({ name }) => !known.has(name)),
    [],
  );
});
