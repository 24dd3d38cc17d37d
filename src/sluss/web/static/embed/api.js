// `sluss(…)`: what a page may ask of the chat and hears from it, the same for as long as the address says v1. In: calls, also earlier ones.
import { hasBegun, keepBegun, language, showCount, site, warn } from "./site.js";
import { forget, listen, tell } from "./events.js";
import { button, fit, host, paint, show, stand, standAside } from "./launcher.js";
import { identify, load, order, unload, wish } from "./bridge.js";
import { watch } from "./swaps.js";

const ends = new AbortController();
let settings = null;
let asking = null;
let tries = 0;
let unread = 0;
let before = null;

const does = {
  open() {
    if (wish.open) return;
    wish.open = true;
    before = document.activeElement;
    if (settings) unfold();
    else start();
  },
  close() {
    if (!wish.open) return;
    const within = document.activeElement === host;
    wish.open = false;
    order("close");
    show(false, unread);
    if (within) (before.isConnected && before !== document.body && before !== host ? before : button).focus();
    tell("close");
  },
  identify,
  logout() {
    wish.jwt = "";
    const wipe = () => order("logout");
    if (hasBegun()) does.on("ready", () => wipe(summon()));
    else wipe();
  },
  prefill(text) {
    order("prefill", { text }, true);
  },
  locale(lang) {
    site.lang = lang;
    order("locale", { lang });
    if (settings) ask().then(place, () => {});
  },
  theme(theme) {
    site.theme = theme;
    paint(theme);
    order("theme", { theme });
  },
  on(event, call) {
    listen(event, call);
    if (event === "ready" && settings) call();
  },
  off: forget,
  destroy() {
    ends.abort();
    unload();
    host.remove();
    showCount(0);
    delete window.sluss;
  },
};

export function boot() {
  const early = window.sluss;
  if (early?.key) return early.key === site.key || warn(`${early.key} is on this page already.`);
  if (!site.key) return warn('the script tag needs data-key="chat-…": Settings, Inboxes shows the whole line.');
  const sluss = (name, ...more) => (does[name] ? does[name](...more) : warn(`no ${name}`));
  window.sluss = Object.assign(sluss, does, { key: site.key });
  for (const call of early?.q || []) sluss(...call);
  if (document.readyState === "complete") rest();
  else addEventListener("load", rest, { once: true, signal: ends.signal });
}

function rest() {
  if (window.requestIdleCallback) requestIdleCallback(start, { timeout: 4000 });
  else setTimeout(start, 200);
}

function start() {
  if (settings || asking || ends.signal.aborted) return;
  asking = ask().then(appear, refuse).finally(() => (asking = null));
}

async function ask() {
  const about = new URLSearchParams({ lang: language(), path: location.pathname });
  const answer = await fetch(`${site.home}/embed/${site.key}.json?${about}`, { credentials: "omit" });
  if (!answer.ok) throw answer.status;
  return answer.json();
}

function appear(answer) {
  if (ends.signal.aborted) return;
  place(answer);
  watch(ends.signal);
  document.addEventListener("visibilitychange", () => showCount(unread), { signal: ends.signal });
  host.addEventListener("keydown", (event) => event.key === "Escape" && does.close());
  if (wish.open) unfold();
  else if (hasBegun()) summon();
  tell("ready");
}

function place(answer) {
  settings = answer;
  stand(answer, () => (wish.open ? does.close() : does.open()));
  paint(site.theme || answer.theme);
  show(wish.open, unread);
}

// Tried again, each time after a longer while; whoever wants to talk now is sent where the site itself offers it. A site that is not on the list cannot be told from a line that is down.
function refuse() {
  if (wish.open && site.fallback) location.assign(site.fallback);
  wish.open = false;
  if (!tries) {
    warn(`${site.home} is down, or does not know ${site.key}, or ${location.origin} is none of its web sites.`);
    standAside();
    tell("error", "unreachable");
  }
  if (tries < 5) setTimeout(start, 30000 * 4 ** tries++);
}

function summon() {
  return load(settings, hear);
}

function unfold() {
  const frame = summon();
  show(true, unread);
  fit();
  // Whoever did not ask for it keeps the focus.
  if (navigator.userActivation?.isActive ?? true) frame.focus();
  order("open");
  tell("open");
}

function hear({ tell: what, count, text, from, id }) {
  if (what === "close") does.close();
  if (what === "begun" || what === "ended") keepBegun(what === "begun");
  if (what === "message") tell(what, { from, id });
  if (what === "error") tell(what, text);
  if (what !== "unread" || count === unread) return;
  unread = count;
  show(wish.open, count);
  showCount(count);
  tell(what, count);
}

boot();
