// How far the visitor has read. In: items, whether anybody looks. Out: receipts, and a count for the page around.
import { post } from "./net.js";
import { ordered } from "./log.js";
import { standsAlone, tellPage } from "./port.js";

let unread = 0;
let timer = 0;
let told = { delivered: new Set(), read: "" };
const sight = { open: standsAlone };

export const looking = () => sight.open && !document.hidden;

export function look(open) {
  sight.open = open;
  count();
}

// Asked again after a break, nothing is told twice: the server knows how far it was.
export function note(list) {
  for (const one of list) if (one.from !== "visitor" && one.state === "sent") told.delivered.add(one.id);
  count();
}

export function count() {
  const owed = ordered().filter((one) => one.from !== "visitor" && one.state !== "read");
  if (owed.length && looking()) {
    told.read = owed.at(-1).id;
    for (const one of owed) one.state = "read";
  }
  const now = looking() ? 0 : owed.length;
  if (now !== unread) tellPage("unread", { count: (unread = now) });
  if (standsAlone) document.title = (now ? `(${now}) ` : "") + document.title.replace(/^\(\d+\) /, "");
  if (told.delivered.size || told.read) timer ||= setTimeout(sendReceipts, 400);
}

async function sendReceipts() {
  const now = told;
  told = { delivered: new Set(), read: "" };
  try {
    await post("/receipts", { delivered: [...now.delivered], read: now.read });
  } catch (failure) {
    if (failure.passes) told = { delivered: new Set([...now.delivered, ...told.delivered]), read: told.read || now.read };
  }
  timer = told.delivered.size || told.read ? setTimeout(sendReceipts, 5000) : 0;
}

document.addEventListener("visibilitychange", count);
