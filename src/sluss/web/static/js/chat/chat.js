// The chat: what the visitor, the page around and the server say, brought together.
import { say, text } from "../text.js";
import { connect, isListening, listen } from "./line.js";
import { clearLog, draw, items, ordered, remove, show, startLog, toEnd } from "./log.js";
import { fitMenu, knowPerson, startMenu } from "./menu.js";
import { get, post } from "./net.js";
import { add, drop, entries, hurry, retry, startOutbox } from "./outbox.js";
import { forget, identify, lock, lose } from "./person.js";
import { answer, standsAlone, tellPage } from "./port.js";
import { look, looking, note } from "./reading.js";
import { ring } from "./ring.js";
import { askState, showState, showTyping, tellNotice } from "./standing.js";
import { begun, hear, soundIsOn } from "./store.js";
import { field, prefill, showDetails, startWriter } from "./writer.js";

const set = document.body.dataset;
const root = document.documentElement;
let page = {};
let asking = false;

// What the server shows needs no place among what is on its way.
function arrive(list, quietly = false) {
  for (const one of list) items.has(one.id) || drop(one.key);
  show(list, entries, quietly);
  note(list);
}

function come(one) {
  const fresh = !items.has(one.id);
  const known = items.get(one.id);
  if (known?.state === "read") one.state = "read";
  arrive([one]);
  if (!fresh || one.from === "visitor") return;
  showTyping({ name: "" });
  say(text("says", { name: one.name || set.brand, text: one.text }));
  tellPage("message", { from: one.name || set.brand, id: one.id });
  if (!looking() && soundIsOn()) ring();
}

listen({
  start({ items: list, more, seen_at: seen, name, email, state }) {
    tellNotice("");
    // Away for so long that there is a gap: what is above it comes when somebody scrolls there.
    if (more && items.size && !list.some((one) => items.has(one.id))) clearLog();
    const kept = list.map((one) => (items.get(one.id)?.state === "read" ? { ...one, state: "read" } : one));
    const first = !items.size;
    document.getElementById("older").hidden = !(first ? more : !document.getElementById("older").hidden);
    arrive(kept, first);
    see({ at: seen });
    showState(state);
    knowPerson({ name, email });
    showDetails();
    hurry();
  },
  item: come,
  gone: ({ id }) => remove(id, entries),
  typing: showTyping,
  seen: see,
  state: showState,
  away: () => tellNotice(text(navigator.onLine ? "away" : "offline")),
  refused(status, sentence) {
    if (status === 404) tellNotice(sentence);
    else lose();
  },
});

function see({ at }) {
  let changed = false;
  for (const one of items.values()) {
    if (one.from === "visitor" && one.state !== "read" && one.at <= at) changed = one.state = "read";
  }
  if (changed) draw(entries);
}

async function older() {
  const first = ordered()[0];
  if (asking || !first) return;
  asking = true;
  try {
    const { items: list, more } = await get(`/messages?before=${first.id}`);
    document.getElementById("older").hidden = !more;
    show(list, entries, true);
  } catch {
    tellNotice(text("failure"));
  }
  asking = false;
}

// Nothing is asked of the server for whoever may not be shown this.
function wake() {
  lock();
  if (begun()) connect();
  else askState();
}

const dress = new CSSStyleSheet();
dress.replaceSync(`:root{--accent:${set.accent};--on-accent:${set.onAccent}}`);
document.adoptedStyleSheets = [dress];
startLog({ retry, drop, older, trouble: () => tellNotice(text("failure")) });
startOutbox(
  () => draw(entries),
  () => {
    tellPage("begun");
    fitMenu();
    if (!isListening()) connect();
  },
  () => ({ page, refused: (failure) => failure.status === 401 && lose() }),
);
startWriter(
  (words, files, more) => {
    add(words, files, more);
    toEnd();
  },
  (on, words) => begun() && post("/typing", { on, text: set.preview === "true" ? words : "" }).catch(() => {}),
);
startMenu(forget);
answer(
  {
    open() {
      look(true);
      field.focus();
      toEnd();
      askState();
    },
    close: () => look(false),
    identify,
    logout: forget,
    page(data) {
      page = data.page ?? {};
      if (begun()) post("/page", page).catch(() => {});
    },
    locale: ({ lang }) => location.replace(`${location.pathname}?${new URLSearchParams({ lang, theme: root.dataset.theme ?? "auto" })}`),
    theme: ({ theme }) => (theme === "auto" ? delete root.dataset.theme : (root.dataset.theme = theme)),
    prefill: (data) => prefill(String(data.text ?? "")),
  },
  (hello) => {
    page = hello.page ?? {};
    const way = document.getElementById("close");
    way.hidden = false;
    way.onclick = () => tellPage("close");
    tellPage("ready");
    look(Boolean(hello.open));
    wake();
  },
);

hear("begun", () => isListening() || connect());
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open], :popover-open")) tellPage("close");
});
if (standsAlone) wake();
