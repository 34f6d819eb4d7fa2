/** Two browsers at one flow, behind a network that holds, loses and refuses saves, whose pages crash: nothing that was saved is lost. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { BrowserContext, Locator, Page, Route } from '@playwright/test';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { seededRandom, type Random } from '../support/simulated-process.ts';
import { type Console, expect, noBrowser, PATIENCE_MS, startConsole } from './browser.ts';
import { copyBooking, served, sidePanel } from './flow-editor.ts';

/** `KQ_SESSIONS=15` plays 300 rounds. */
const SESSIONS = Number(process.env['KQ_SESSIONS'] ?? 1);
const ROUNDS = 20;
const FIRST_SEED = Number(process.env['KQ_SEED'] ?? 1);
const ACT_MS = 4000;
const SLOW_MS = 1500;
const QUESTION = /改了同一处/;

let console: Console;

before(async () => {
  if (noBrowser === false) console = await startConsole();
});
after(() => (noBrowser === false ? console.close() : undefined));

for (let seed = FIRST_SEED; seed < FIRST_SEED + SESSIONS; seed += 1) {
  test(
    `random edits, undos, decisions, lost saves and crashes of two people lose nothing that was saved (seed ${seed})`,
    { skip: noBrowser, timeout: 900_000 },
    () => playSession(seed),
  );
}

type Labels = Readonly<Record<string, string>>;
type Network = 'answers' | 'holds' | 'loses' | 'fails';

/** A save that the platform has confirmed. */
interface Save {
  readonly by: string;
  readonly revision: number;
  readonly labels: Labels;
  readonly at: number;
}

async function playSession(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const flowId = `flw_two_people_${seed}`;
  const path = await copyBooking(console.city, flowId);
  const start = await served(console.city, flowId);
  const nodes = start.nodes.slice(0, 4).map(({ id }) => id);
  const saves: Save[] = [{ by: '', revision: start.revision, labels: labelsOf(start), at: Date.now() }];
  const people = await Promise.all(['ann', 'bob'].map((name) => Person.open(name, { flowId, path, nodes, saves })));
  for (let round = 0; round < ROUNDS; round += 1) {
    // Both at once, or one after the other: decided before, so that a seed gives the same acts.
    const acts = people.map((person) => () => person.act(random));
    if (random.chance(0.7)) await Promise.all(acts.map((act) => act()));
    else for (const act of acts) await act();
  }
  for (const person of people) person.network = 'answers';
  await untilBothRest(people, flowId);
  await Promise.all(people.map((person) => person.close()));
  const inOrder = [...new Map(saves.map((save) => [save.revision, save])).values()].toSorted((a, b) => a.revision - b.revision);
  for (let index = 1; index < inOrder.length; index += 1) judge(inOrder.slice(0, index + 1), people);
  const kept = (await console.city.admin('GET', `/flows/${flowId}/revisions`)) as { readonly items: readonly { readonly id: string }[] };
  for (const { id } of kept.items.filter((item) => /^\d+$/.test(item.id))) {
    const save = saves.find(({ revision }) => String(revision) === id);
    const document = (await console.city.admin('GET', `/flows/${flowId}/revisions/${id}`)) as FlowDocument;
    assert.deepEqual(labelsOf(document), save?.labels, `revision ${id} is kept as it was saved`);
  }
  const conflicts = people.reduce((sum, { decided }) => sum + decided.length, 0);
  const crashes = people.reduce((sum, person) => sum + person.crashes, 0);
  process.stdout.write(`# seed ${seed}: ${saves.length - 1} saves, ${conflicts} conflicts decided, ${crashes} crashes\n`);
  assert.ok(saves.length > ROUNDS / 4, `${saves.length} saves`);
}

/** The last of the saves writes over nothing that the other saved unless its person decided so, went back, or typed there later. */
function judge(saves: readonly Save[], people: readonly Person[]): void {
  const [save, before] = [saves.at(-1)!, saves.at(-2)!];
  assert.equal(save.revision, before.revision + 1, 'no save is missing between two');
  const person = people.find(({ name }) => name === save.by)!;
  for (const [id, label] of Object.entries(save.labels)) {
    const old = before.labels[id]!;
    if (label === old) continue;
    const place = `revision ${save.revision} of ${save.by}: ${id} "${old}" -> "${label}"`;
    const wrote = person.typed.get(label);
    const chose = [...person.decided, ...person.wentBack];
    assert.ok(wrote !== undefined || chose.some((at) => at <= save.at), `${place} was neither typed nor chosen by its person`);
    const written = saves.slice(0, -1).findLast(({ labels }, index) => saves[index - 1]?.labels[id] !== labels[id])!;
    if (written.by === person.name || wrote === undefined || wrote >= written.at) continue;
    const wasAsked = chose.some((at) => at >= written.at - ACT_MS && at <= save.at);
    assert.ok(wasAsked, `${place} wrote over what the other had saved after it was typed, and nobody was asked`);
  }
}

interface Place {
  readonly flowId: string;
  readonly path: string;
  readonly nodes: readonly string[];
  readonly saves: Save[];
}

class Person {
  readonly name: string;
  readonly place: Place;
  readonly context: BrowserContext;
  page: Page;
  network: Network = 'answers';
  /** When a label was typed; each is typed once. */
  readonly typed = new Map<string, number>();
  readonly decided: number[] = [];
  readonly wentBack: number[] = [];
  crashes = 0;

  static async open(name: string, place: Place): Promise<Person> {
    const person = new Person(name, await console.open({ path: '/flows' }), place);
    await person.context.route(`**/api/v1/flows/${place.flowId}`, (route) => person.#carry(route));
    await person.#show();
    return person;
  }

  constructor(name: string, page: Page, place: Place) {
    this.name = name;
    this.place = place;
    this.page = page;
    this.context = page.context();
  }

  /** One act of a person, or of fate. Whatever the page asks is decided first. */
  async act(random: Random): Promise<void> {
    const [what, node, mine, network] = [random.below(20), random.below(4), random.chance(0.5), random.below(8)];
    this.network = network < 4 ? 'answers' : (['holds', 'loses', 'fails', 'answers'] as const)[network - 4]!;
    await this.decide(mine);
    const id = this.place.nodes[node]!;
    if (what >= 15 && what < 17) return this.#crash();
    const act = what < 11 ? this.#rename(id) : what < 14 ? this.#goBack('Control+z') : what < 15 ? this.#goBack('Control+y') : this.#rest();
    let isDone = false;
    const ended = act.finally(() => (isDone = true));
    // A question that appears in the meantime covers the page: the action continues after the decision.
    while (!isDone) {
      await Promise.race([ended, this.#question.waitFor().catch(() => undefined)]);
      if (!isDone) await this.decide(mine);
    }
    await ended;
  }

  /** Decides what the page asks, if it does. Once the other saves again meanwhile, that is another question. */
  async decide(isMine: boolean): Promise<void> {
    await expect(async () => {
      if (!(await this.#question.isVisible())) return;
      this.network = 'answers';
      this.decided.push(Date.now());
      const press = (name: string) => this.#question.getByRole('button', { name }).click({ timeout: ACT_MS });
      if (isMine) {
        await press('全选我的');
        await press('按所选合并并保存');
      } else await press('放弃我的修改');
      await this.#question.waitFor({ state: 'hidden', timeout: ACT_MS });
    }).toPass({ timeout: PATIENCE_MS });
  }

  get #question(): Locator {
    return this.page.getByRole('dialog', { name: QUESTION });
  }

  async labels(): Promise<Labels> {
    const all = await Promise.all(this.place.nodes.map(async (id) => [id, await this.#labelOf(id)] as const));
    return Object.fromEntries(all);
  }

  async close(): Promise<void> {
    await this.context.close();
  }

  async #rename(id: string): Promise<void> {
    const label = `${this.name} ${this.typed.size + 1}`;
    await this.#card(id).click();
    const name = sidePanel(this.page).getByRole('textbox', { name: '节点名称' });
    this.typed.set(label, Date.now());
    await name.fill(label);
    await name.press('Enter');
  }

  async #goBack(keys: string): Promise<void> {
    await this.page.locator('.react-flow__pane').click({ position: { x: 12, y: 12 } });
    this.wentBack.push(Date.now());
    await this.page.keyboard.press(keys);
  }

  /** Until all is saved. */
  async #rest(): Promise<void> {
    this.network = 'answers';
    await savedState(this.page).waitFor();
  }

  /** The process of the page dies; what the browser keeps stays. */
  async #crash(): Promise<void> {
    this.crashes += 1;
    const dead = this.page;
    const crashed = dead.waitForEvent('crash');
    await dead.goto('chrome://crash').catch(() => undefined);
    await crashed;
    this.page = await this.context.newPage();
    await this.#show();
  }

  async #show(): Promise<void> {
    await this.page.goto(this.place.path);
    await this.#card(this.place.nodes[0]!).waitFor();
  }

  #card(id: string): Locator {
    return this.page.locator(`.react-flow__node-card[data-id="${id}"]`);
  }

  async #labelOf(id: string): Promise<string> {
    return (await this.#card(id).innerText()).split('\n')[0] ?? '';
  }

  async #carry(route: Route): Promise<void> {
    const request = route.request();
    if (request.method() !== 'PUT') return route.continue();
    const way = this.network;
    if (way === 'fails') return route.abort();
    if (way === 'holds') await delay(SLOW_MS);
    const response = await route.fetch().catch(() => undefined);
    if (response === undefined) return route.abort().catch(() => undefined);
    if (response.ok()) {
      const { revision } = (await response.json()) as { readonly revision: number };
      this.place.saves.push({ by: this.name, revision, labels: labelsOf(request.postDataJSON() as FlowDocument), at: Date.now() });
    }
    await (way === 'loses' ? route.abort() : route.fulfill({ response })).catch(() => undefined);
  }
}

async function untilBothRest(people: readonly Person[], flowId: string): Promise<void> {
  for (let turn = 0; turn < 40; turn += 1) {
    for (const person of people) {
      await person.decide(true);
      await savedState(person.page)
        .or(person.page.getByRole('dialog', { name: QUESTION }))
        .first()
        .waitFor();
    }
    const there = labelsOf(await served(console.city, flowId));
    const shown = await Promise.all(people.map((person) => person.labels()));
    if (shown.every((labels) => Object.entries(labels).every(([id, label]) => there[id] === label))) return;
    await delay(500);
  }
  assert.fail('both come to rest, and see what the platform has');
}

function labelsOf({ nodes }: FlowDocument): Labels {
  return Object.fromEntries(nodes.map(({ id, label }) => [id, label]));
}

function savedState(page: Page): Locator {
  return page.getByRole('status').filter({ hasText: '已保存' });
}
