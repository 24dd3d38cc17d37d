// The chat: what the visitor, the page around and the server say, brought together.
import { say, text } from "../text.js";
import { clearOutbox, add, drop, entries, hurry, retry, startOutbox } from "./outbox.js";
import { clearLog, draw, items, ordered, remove, scroller, show, startLog, toEnd } from "./log.js";
import { connect, disconnect, isListening, listen } from "./line.js";
import { begun, forgetToken, hear, isProven, prove, soundIsOn, wipe } from "./store.js";
import { close, field, prefill, showDetails, startWriter } from "./writer.js";
import { fitMenu, knowPerson, startMenu } from "./menu.js";
import { answer, standsAlone, tellPage } from "./port.js";
import { count, look, looking, note } from "./reading.js";
import { get, post } from "./net.js";
import { ring } from "./ring.js";

const set = document.body.dataset;
const notice = document.getElementById("notice");
const root = document.documentElement;
let page = {};
let asking = false;
let stateTimer = 0;

const locked = () => set.identify === "required" && !isProven();

function tellNotice(sentence) {
  notice.textContent = sentence;
  notice.hidden = !sentence;
}

function showState({ open: isOpen, staffed, says }) {
  const line = document.getElementById("state");
  line.textContent = says;
  line.classList.toggle("there", isOpen && staffed);
}

function showTyping({ name }) {
  const line = document.getElementById("typing");
  if (name) line.lastElementChild.textContent = text("typing", { name });
  line.hidden = !name;
  if (name && scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 120) toEnd();
}

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
    if (status === 404) return tellNotice(sentence);
    const proven = isProven();
    forgetToken();
    tellNotice(proven || locked() ? text("sign-in") : text("begin-anew"));
    tellPage("error", { text: notice.textContent });
    lock();
    showDetails();
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

function lock() {
  close(locked() ? text("sign-in") : "");
}

function forget() {
  disconnect();
  wipe();
  clearOutbox();
  clearLog();
  knowPerson({ name: "", email: "" });
  count();
  tellPage("ended");
  showDetails();
  lock();
}

async function identify({ jwt }) {
  try {
    const person = await post("/identify", { jwt });
    const was = isProven();
    disconnect();
    if (!was) clearLog();
    prove(person.token);
    knowPerson(person);
    tellNotice(person.name ? text("signed-in", { name: person.name }) : "");
    lock();
    showDetails();
    connect();
  } catch (failure) {
    tellPage("error", { text: failure.message || "unreachable" });
    if (failure.passes) setTimeout(() => identify({ jwt }), 5000);
  }
}

// Nobody has written yet: there is no stream that would tell whether somebody is there.
async function askState() {
  clearTimeout(stateTimer);
  if (!isListening() && looking()) await get("/state").then(showState, () => {});
  stateTimer = setTimeout(askState, 60000);
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
  () => ({ page, refused: (failure) => failure.status === 401 && (forgetToken(), lock()) }),
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
addEventListener("offline", () => tellNotice(text("offline")));
addEventListener("online", () => notice.textContent === text("offline") && tellNotice(""));
if (standsAlone) wake();
