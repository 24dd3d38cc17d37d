// `sluss(…)`: what a page may ask of the chat and hears from it, the same for as long as the address says v1. In: calls, also earlier ones.
import { hasBegun, keepBegun, language, pageNow, showCount, site, warn } from "./site.js";
import { attach, button, fit, host, paint, show, stand, standAside } from "./launcher.js";
import { identify, load, order, unload, wish } from "./bridge.js";

const heard = {};
const ends = new AbortController();
const watcher = new MutationObserver(attach);
let settings = null;
let asking = null;
let tries = 0;
let unread = 0;
let shown = "";
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
    if (within) (before && before !== host && before !== document.body && before.isConnected ? before : button).focus();
    tell("close");
  },
  identify(jwt) {
    identify(String(jwt));
  },
  logout() {
    wish.jwt = "";
    const wipe = () => order("logout");
    if (hasBegun()) does.on("ready", () => wipe(summon()));
    else wipe();
  },
  prefill(text) {
    order("prefill", { text: String(text) }, true);
  },
  locale(lang) {
    site.lang = String(lang);
    order("locale", { lang: site.lang });
    if (settings) ask().then(place, () => {});
  },
  theme(theme) {
    site.theme = String(theme);
    paint(site.theme);
    order("theme", { theme: site.theme });
  },
  on(event, call) {
    (heard[event] ||= new Set()).add(call);
    if (event === "ready" && settings) call();
  },
  off(event, call) {
    heard[event]?.delete(call);
  },
  destroy() {
    ends.abort();
    watcher.disconnect();
    unload();
    host.remove();
    showCount(0);
    delete window.sluss;
  },
};

export function boot() {
  const early = window.sluss;
  if (early?.version) {
    if (early.key !== site.key) warn(`${early.key} is on this page already.`);
    return;
  }
  if (!site.key) return warn('the script tag needs data-key="chat-…": Settings, Inboxes shows the whole line.');
  const sluss = (name, ...more) => (does[name] ? does[name](...more) : warn(`no ${name}`));
  window.sluss = Object.assign(sluss, does, { version: 1, key: site.key });
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
  watch();
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

// Tried again, each time after a longer while. A site that is not on the list cannot be told from a line that is down.
function refuse() {
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
  if (what === "unread" && count !== unread) {
    unread = count;
    show(wish.open, unread);
    showCount(unread);
    tell("unread", count);
  }
  if (what === "message") tell("message", { from, id });
  if (what === "error") tell("error", text);
}

function tell(event, detail) {
  for (const call of heard[event] || []) queueMicrotask(() => call(detail));
  dispatchEvent(new CustomEvent(`sluss:${event}`, { detail }));
}

// Pages exchange their content in many ways; what matters is whether we still stand in it, and where the visitor is now.
function look() {
  attach();
  const page = pageNow();
  const now = page.url + page.title;
  if (shown && shown !== now) order("page", { page });
  shown = now;
}

function watch() {
  const { signal } = ends;
  const soon = () => setTimeout(look, 300);
  const swaps = "popstate pageshow turbo:load htmx:afterSettle htmx:after:swap astro:page-load";
  for (const swap of swaps.split(" ")) addEventListener(swap, soon, { signal });
  window.navigation?.addEventListener("navigatesuccess", soon, { signal });
  watcher.observe(document.documentElement, { childList: true });
  document.addEventListener("visibilitychange", () => showCount(unread), { signal });
  visualViewport.addEventListener("resize", fit, { signal });
  host.onkeydown = (event) => event.key === "Escape" && does.close();
  look();
}

boot();
