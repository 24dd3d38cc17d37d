// The chat: what the visitor, the page around and the server say, brought together.
import { text } from "../text.js";
import { connect, isListening } from "./line.js";
import { draw, startLog, toEnd } from "./log.js";
import { fitMenu, startMenu } from "./menu.js";
import { post } from "./net.js";
import { add, drop, entries, retry, startOutbox } from "./outbox.js";
import { forget, forgetHere, identify, lock, lose } from "./person.js";
import { answer, standsAlone, tellPage } from "./port.js";
import { isPrivate, startPrivate } from "./private.js";
import { look } from "./reading.js";
import { askState, tellAway, tellBack, tellNotice } from "./standing.js";
import { begun, hear } from "./store.js";
import { older, startTalk } from "./talk.js";
import { field, prefill, startWriter, takeBack } from "./writer.js";

const set = document.body.dataset;
const root = document.documentElement;
let page = {};

// What was refused can be written anew.
function change(key) {
  const entry = entries.find((one) => one.key === key);
  if (entry && takeBack(entry)) drop(key);
}

function refused(failure, entry, sentence) {
  if (failure.status === 401) lose();
  const { name, email } = failure.fields;
  return Boolean(name || email) && takeBack(entry, sentence, failure.fields);
}

// Nothing is asked of the server for whoever may not be shown this.
function wake() {
  lock();
  if (begun()) connect();
  else askState();
}

// In a frame nothing can be done before a page on the list has greeted us.
document.body.inert = !standsAlone;
const dress = new CSSStyleSheet();
dress.replaceSync(`:root{--accent:${set.accent};--on-accent:${set.onAccent}}`);
document.adoptedStyleSheets = [dress];
startLog({ retry, change, drop, older, trouble: () => tellNotice(text("failure")) });
startTalk();
startOutbox(
  () => draw(entries),
  () => {
    tellPage("begun");
    tellBack();
    fitMenu();
    if (!isListening()) connect();
  },
  () => ({ page, refused, away: tellAway }),
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
      if (!matchMedia("(pointer: coarse)").matches) field.focus();
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
    document.body.inert = false;
    const way = document.getElementById("close");
    way.hidden = false;
    way.onclick = () => tellPage("close");
    tellPage("ready");
    look(Boolean(hello.open));
    wake();
  },
);

hear("begun", () => isListening() || connect());
hear("ended", forgetHere);
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open], :popover-open")) tellPage("close");
});
if (isPrivate) startPrivate(wake, (words) => (add(words, [], {}), toEnd()));
else if (standsAlone) wake();
