// What the server tells of the talk, into the log. In: the stream's events. Out: items shown, said aloud, told to the page around.
import { say, text } from "../text.js";
import { listen } from "./line.js";
import { clearLog, draw, items, ordered, remove, show } from "./log.js";
import { knowPerson } from "./menu.js";
import { get } from "./net.js";
import { drop, entries, hurry } from "./outbox.js";
import { lose } from "./person.js";
import { tellPage } from "./port.js";
import { looking, note } from "./reading.js";
import { ring } from "./ring.js";
import { showState, showTyping, tellAway, tellBack, tellNotice } from "./standing.js";
import { soundIsOn } from "./store.js";
import { showDetails } from "./writer.js";

const set = document.body.dataset;
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

// Called once, when the page is whole.
export function startTalk() {
  listen({ start, item: come, gone: ({ id }) => remove(id, entries), typing: showTyping, seen: see, state: showState, away: tellAway, refused });
}

// Every stream begins with how things stand, so that nothing is missed and nothing shown twice.
function start({ items: list, more, seen_at: seen, name, email, state }) {
  tellBack();
  // Away for so long that there is a gap: what is above it comes when somebody scrolls there.
  if (more && items.size && !list.some((one) => items.has(one.id))) clearLog();
  const kept = list.map((one) => (items.get(one.id)?.state === "read" ? { ...one, state: "read" } : one));
  const first = !items.size;
  const older = document.getElementById("older");
  older.hidden = !(first ? more : !older.hidden);
  if (list.length) forgetGone(list, more);
  arrive(kept, first);
  see({ at: seen });
  showState(state);
  knowPerson({ name, email });
  showDetails();
  hurry();
}

// What was taken back meanwhile, and what was stored so long ago that it is not among these.
function forgetGone(list, more) {
  const shown = new Set(list.map((one) => one.id));
  for (const { id } of ordered()) if (id >= list[0].id && id.length === list[0].id.length && !shown.has(id)) items.delete(id);
  for (const one of more ? [...entries] : []) if (one.state === "sent" && one.at < list[0].at) drop(one.key);
}

function refused(status, sentence) {
  if (status === 404) tellNotice(sentence);
  else lose();
}

function see({ at }) {
  let changed = false;
  for (const one of items.values()) {
    if (one.from === "visitor" && one.state !== "read" && one.at <= at) changed = one.state = "read";
  }
  if (changed) draw(entries);
}

// What was said before that.
export async function older() {
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
