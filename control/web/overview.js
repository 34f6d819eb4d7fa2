'use strict';

/* The overview page: log in, see what runs, what needs a person, and how to call it. Every value goes in as text, never as HTML. */

const REFRESH_MS = 10_000;
let language = localStorage.getItem('language') ?? 'zh-CN';
let overview;
let counts = {};
let events;
let timer;

const at = (id) => document.getElementById(id);
const text = () => TEXTS[language];

start();

async function start() {
  at('language').addEventListener('click', switchLanguage);
  at('logout').addEventListener('click', logOut);
  at('copy').addEventListener('click', copyCommand);
  at('login-form').addEventListener('submit', (event) => submit(event, logIn));
  at('change-form').addEventListener('submit', (event) => submit(event, changePassword));
  writeTexts();
  await enter();
}

/** Shows whichever page fits: login, new password, overview. */
async function enter() {
  const me = await api('GET', '/me').catch((error) => ({ error }));
  if (me.error !== undefined) return show('login');
  at('who').textContent = at('change-account').value = me.name;
  if (me.mustChangePassword) return show('change');
  await refresh();
  show('overview');
  listen();
}

function show(page) {
  for (const name of ['login', 'change', 'overview']) at(name).hidden = name !== page;
  at('who').hidden = at('logout').hidden = page === 'login';
  at('live').hidden = page !== 'overview';
  if (page !== 'overview') stopListening();
  at(page).querySelector('input:placeholder-shown, input[type=password]')?.focus();
}

async function logIn(fields) {
  await api('POST', '/login', fields);
  await enter();
}

async function changePassword({ oldPassword, newPassword, repeat }) {
  if (newPassword !== repeat) throw { message: text().notSame };
  await api('POST', '/me/password', { oldPassword, newPassword });
  await enter();
}

async function logOut() {
  await api('POST', '/logout').catch(() => {});
  show('login');
}

async function submit(event, action) {
  event.preventDefault();
  const form = event.target;
  const problem = form.querySelector('.problem');
  const button = form.querySelector('.primary');
  problem.hidden = true;
  button.disabled = true;
  try {
    await action(Object.fromEntries(new FormData(form)));
    for (const input of form.querySelectorAll('input[type=password]')) input.value = '';
  } catch (error) {
    problem.textContent = text().problems[error.code] ?? [error.message, error.fix].filter(Boolean).join('\n');
    problem.hidden = false;
  }
  button.disabled = false;
}

async function api(method, path, body) {
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const headers = { 'x-kq-client': 'web', ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
  const response = await fetch(`/api/v1${path}`, { method, headers, ...json }).catch(() => undefined);
  if (response === undefined) throw { message: text().unreachable };
  const answer = await response.json();
  if (!response.ok) throw answer;
  return answer;
}

function listen() {
  stopListening();
  events = new EventSource('/api/v1/events');
  events.addEventListener('open', () => showLive(true));
  events.addEventListener('error', () => showLive(false));
  events.addEventListener('counts', (event) => {
    counts = JSON.parse(event.data);
    writeTiles();
  });
  events.addEventListener('flow', refresh);
  events.addEventListener('plan', refresh);
  timer = setInterval(refresh, REFRESH_MS);
}

function stopListening() {
  events?.close();
  clearInterval(timer);
}

function showLive(isLive) {
  at('live').classList.toggle('lost', !isLive);
  at('live').querySelector('span').textContent = isLive ? text().live : text().lost;
}

async function refresh() {
  const found = await api('GET', '/overview').catch((error) => error);
  if (found.code === 'LOGIN_REQUIRED') return show('login');
  if (found.version === undefined) return;
  overview = found;
  counts = { ...overview.counts, ...counts, held: overview.counts.held };
  writeOverview();
}

function switchLanguage() {
  language = language === 'en' ? 'zh-CN' : 'en';
  localStorage.setItem('language', language);
  writeTexts();
  if (overview !== undefined) writeOverview();
}

function writeTexts() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll('[data-text]')) element.textContent = text()[element.dataset.text];
  at('language').textContent = text().otherLanguage;
  at('language').lang = language === 'en' ? 'zh-CN' : 'en';
}

function writeOverview() {
  writeTiles();
  writeFlows();
  writeHeld();
  writeSide();
}

function writeTiles() {
  const names = ['held', 'failed', 'running', 'queued', 'waiting', 'completed'];
  at('tiles').replaceChildren(
    ...names.map((name) => {
      const count = counts[name] ?? 0;
      const kind = name === 'held' && count > 0 ? 'attention' : `${name}${count > 0 ? ' some' : ''}`;
      return make('div', { class: `tile ${kind}` }, make('b', {}, number(count)), make('span', {}, text().tiles[name]));
    }),
  );
}

function writeFlows() {
  at('flow-count').textContent = number(overview.flows.length);
  const rows = overview.flows.map((flow) =>
    make(
      'tr',
      {},
      make('td', {}, make('a', { href: `/api/v1/flows/${flow.flowId}` }, flow.name[language]), make('small', {}, flow.flowId)),
      make('td', {}, text()[flow.mode]),
      make('td', {}, flowState(flow)),
      make('td', { class: 'number' }, number(flow.today) + (flow.today >= 10_000 ? '+' : '')),
    ),
  );
  writeTable('flows', text().flowColumns, rows, text().noFlows, 3);
}

function flowState({ publishedVersion, isChanged }) {
  if (publishedVersion === undefined) return make('span', { class: 'state draft' }, text().draft);
  const kind = isChanged ? 'changed' : 'published';
  return make('span', { class: `state ${kind}` }, text()[kind](publishedVersion));
}

function writeHeld() {
  at('held-count').textContent = overview.counts.held > 0 ? number(overview.counts.held) : '';
  const names = new Map(overview.flows.map((flow) => [flow.flowId, flow.name[language]]));
  const rows = overview.held.map((item) => {
    const outcome = item.held?.outcomeKnown ? text().outcomeKnown : text().outcomeUnknown;
    const accepted = new Date(item.acceptedAt);
    return make(
      'tr',
      {},
      make('td', {}, make('a', { href: `/api/v1/executions/${item.executionId}` }, item.executionId)),
      make('td', {}, names.get(item.flowId) ?? item.flowId),
      make(
        'td',
        {},
        make('span', { class: 'state held' }, outcome),
        make('small', {}, `${item.held?.node ?? ''} ${item.held?.reason ?? ''}`),
      ),
      make('td', {}, make('time', { datetime: accepted.toISOString(), title: accepted.toISOString() }, accepted.toLocaleString(language))),
    );
  });
  writeTable('held', text().heldColumns, rows, text().noHeld);
}

function writeTable(id, columns, rows, whenEmpty, numberColumn) {
  const heads = columns.map((column, index) => make('th', index === numberColumn ? { class: 'number' } : {}, column));
  const empty = make('tr', {}, make('td', { class: 'empty', colspan: String(columns.length) }, whenEmpty));
  const head = rows.length === 0 ? [] : [make('thead', {}, make('tr', {}, ...heads))];
  at(id).replaceChildren(...head, make('tbody', {}, ...(rows.length === 0 ? [empty] : rows)));
}

function writeSide() {
  const { addresses, version, environment, plan, platformKey, tryIt } = overview;
  at('environment').textContent = environment;
  at('environment').hidden = false;
  at('environment').classList.toggle('production', /prod/i.test(environment));
  at('try-it').textContent = tryIt ?? text().noTryIt;
  at('copy').hidden = tryIt === undefined;
  writePairs(
    'addresses',
    Object.entries(addresses).map(([name, address]) => [text().addressNames[name] ?? name, make('code', {}, address)]),
  );
  writePairs('system', [
    [text().version, version],
    [text().environment, environment],
    [text().plan, String(plan)],
    [text().platformKey, make('code', {}, platformKey.keyId)],
  ]);
  at('links').replaceChildren(...text().links.map(([label, href]) => make('li', {}, make('a', { href }, label))));
}

function writePairs(id, pairs) {
  at(id).replaceChildren(...pairs.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]));
}

async function copyCommand() {
  await navigator.clipboard.writeText(at('try-it').textContent);
  at('copy').textContent = text().copied;
  setTimeout(() => (at('copy').textContent = text().copy), 1500);
}

function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function number(value) {
  return Number(value).toLocaleString(language);
}
