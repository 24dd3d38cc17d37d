// The chat: what the visitor, the page around and the server say, brought together.
import { say, text } from "../text.js";
import { clearOutbox, add, drop, entries, hurry, retry, startOutbox } from "./outbox.js";
import { clearLog, draw, items, ordered, remove, scroller, show, startLog, toEnd } from "./log.js";
import { connect, disconnect, isListening, listen, reconnect } from "./line.js";
import { begun, forgetToken, hear, isProven, prove, soundIsOn, token, wipe } from "./store.js";
import { close, field, prefill, showDetails, startWriter } from "./writer.js";
import { fitMenu, knowPerson, startMenu } from "./menu.js";
import { alone_here, answer, tellPage } from "./port.js";
import { get, post } from "./net.js";
import { ring } from "./ring.js";

const set = document.body.dataset;
const notice = document.getElementById("notice");
const root = document.documentElement;
let open = alone_here;
let page = {};
let unread = 0;
let asking = false;
let receipts = 0;
let stateTimer = 0;
let told = { delivered: new Set(), read: "" };

const looking = () => open && !document.hidden;
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

// The newest answer that the visitor has not looked at is what counts; asked again after a break, nothing is told twice.
function note(list) {
  for (const one of list) {
    if (one.from !== "visitor" && one.state === "sent") told.delivered.add(one.id);
    if (one.key) drop(one.key);
  }
  count();
}

function count() {
  const open_ones = ordered().filter((one) => one.from !== "visitor" && one.state !== "read");
  const last = open_ones.at(-1);
  if (last && looking()) {
    told.read = last.id;
    for (const one of open_ones) one.state = "read";
  }
  const now = looking() ? 0 : open_ones.length;
  if (now !== unread) tellPage("unread", { count: (unread = now) });
  if (alone_here) document.title = document.title.replace(/^\(\d+\) /, "").replace(/^/, now ? `(${now}) ` : "");
  if (told.delivered.size || told.read) receipts ||= setTimeout(sendReceipts, 400);
}

async function sendReceipts() {
  const now = told;
  told = { delivered: new Set(), read: "" };
  try {
    await post("/receipts", { delivered: [...now.delivered], read: now.read });
  } catch (failure) {
    if (failure.passes) told = { delivered: now.delivered.union?.(told.delivered) ?? now.delivered, read: told.read || now.read };
  }
  receipts = told.delivered.size || told.read ? setTimeout(sendReceipts, 5000) : 0;
}

function come(one) {
  const fresh = !items.has(one.id);
  const known = items.get(one.id);
  if (known?.state === "read") one.state = "read";
  show([one], entries);
  note([one]);
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
    show(kept, entries, first);
    document.getElementById("older").hidden = !(first ? more : !document.getElementById("older").hidden);
    note(kept);
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
  unread = 0;
  tellPage("ended");
  tellPage("unread", { count: 0 });
  set.signedIn = "";
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
  if (!isListening() && open) await get("/state").then(showState, () => {});
  stateTimer = setTimeout(askState, 60000);
}

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
      open = true;
      field.focus();
      toEnd();
      count();
      askState();
    },
    close() {
      open = false;
      count();
    },
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
    open = Boolean(hello.open);
    document.getElementById("close").hidden = false;
    tellPage("ready");
    begin();
  },
);
