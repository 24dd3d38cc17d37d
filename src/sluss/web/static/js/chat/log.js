// The conversation as it is seen. In: items of the server, messages on their way. Out: one bubble each, however often it is told.
import { element, locale, text } from "../text.js";
import { bubble, dayOf } from "./bubble.js";

const log = document.getElementById("log");
export const scroller = document.getElementById("scroll");
const below = document.getElementById("below");
const MOST = 300;
export const items = new Map();
const ways = new Map();
let deeds = {};

const day = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
const before = (one, other) => one.id.length - other.id.length || (one.id < other.id ? -1 : 1);

// `deeds`: { retry(key), drop(key), older() }.
export function startLog(given) {
  deeds = given;
  document.getElementById("older").onclick = () => deeds.older();
  below.onclick = toEnd;
  // Whoever is at the newest word stays there when a notice or a longer text takes room.
  let end = true;
  new ResizeObserver(() => end && toEnd()).observe(scroller);
  scroller.addEventListener("scroll", () => {
    end = atEnd();
    if (end) below.hidden = true;
    if (scroller.scrollTop < 80 && !document.getElementById("older").hidden) deeds.older();
  }, { passive: true });
}

export const atEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;

export function toEnd() {
  scroller.scrollTop = scroller.scrollHeight;
  below.hidden = true;
}

export const ordered = () => [...items.values()].sort(before);

// Items of the server, in whatever order; `quietly` for what is no news. What came while somebody reads above does not move the page.
export function show(told, entries, quietly = false) {
  const stay = !atEnd();
  const top = scroller.scrollHeight - scroller.scrollTop;
  const older = quietly && items.size && told.length && before(told.at(-1), ordered()[0]) < 0;
  const fresh = told.filter((one) => !items.has(one.id));
  for (const one of told) items.set(one.id, one);
  if (!older && items.size > MOST) {
    for (const one of ordered().slice(0, items.size - MOST)) items.delete(one.id);
    document.getElementById("older").hidden = false;
  }
  draw(entries);
  if (older) scroller.scrollTop = scroller.scrollHeight - top;
  else if (!stay) toEnd();
  else if (!quietly && fresh.some((one) => one.from !== "visitor")) below.hidden = false;
}

export function remove(id, entries) {
  items.delete(id);
  draw(entries);
}

export function clearLog() {
  items.clear();
  ways.clear();
  draw([]);
}

// Bubbles stay the same nodes, so that a reader's place and selection do.
export function draw(entries) {
  const all = [...ordered(), ...entries.filter((one) => one.state !== "gone" && ![...items.values()].some((item) => item.key && item.key === one.key)).map(asItem)];
  const wanted = [];
  let last = null;
  for (const one of all) {
    if (!last || dayOf(last) !== dayOf(one)) wanted.push(part(`day ${dayOf(one)}`, () => element("li", { class: "day" }, dayName(one.at))));
    const next = all[all.indexOf(one) + 1];
    const node = part(one.key && one.from === "visitor" ? `key ${one.key}` : `id ${one.id}`, () => element("li"));
    wanted.push(bubble(node, one, { last, next, deeds }));
    last = one;
  }
  for (const key of [...ways.keys()]) if (!wanted.includes(ways.get(key))) ways.delete(key);
  wanted.forEach((node, at) => log.children[at] !== node && log.insertBefore(node, log.children[at] ?? null));
  while (log.children.length > wanted.length) log.lastChild.remove();
}

const asItem = (entry) => ({ id: "", key: entry.key, from: "visitor", name: "", text: entry.text, at: entry.at, state: entry.state, entry, files: entry.files.map((file) => ({ id: "", name: file.name, type: file.type, size: file.size })) });

function dayName(at) {
  const ago = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86400000);
  return ago === 0 ? text("today") : ago === 1 ? text("yesterday") : day.format(at);
}

function part(key, make) {
  if (!ways.has(key)) ways.set(key, make());
  return ways.get(key);
}
