// One message as it is seen: words, links, files, how it stands. In: an item and its neighbours. Out: the same node, drawn anew where it changed.
import { element, locale, text } from "../text.js";
import { download } from "./net.js";
import { picture } from "./picture.js";

const CLOSE = 4 * 60 * 1000;
const LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/g;
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });

export const dayOf = (one) => new Date(one.at).toDateString();

// `around`: the neighbours, and what its buttons do.
export function bubble(node, one, { last, next, deeds }) {
  const follows = last && last.from === one.from && last.name === one.name && one.at - last.at < CLOSE && dayOf(last) === dayOf(one);
  const leads = next && next.from === one.from && next.name === one.name && next.at - one.at < CLOSE && dayOf(next) === dayOf(one);
  const kind = `item ${one.from}${follows ? " follows" : ""}${one.state === "failed" ? " failed" : ""}`;
  const mark = JSON.stringify([kind, leads, one.text, one.state, one.entry?.reason, one.files, one.name]);
  if (node.dataset.mark === mark) return progress(node, one, deeds);
  node.dataset.mark = mark;
  node.className = kind;
  node.replaceChildren();
  if (one.from !== "visitor" && !follows && one.name) node.append(element("span", { class: "name" }, one.name));
  else node.append(element("span", { class: "unseen" }, `${one.from === "visitor" ? text("you") : one.name}: `));
  if (one.text) node.append(element("p", { class: "bubble", dir: "auto" }, ...linked(one.text)));
  for (const file of one.files ?? []) node.append(fileOf(file, deeds));
  if (!leads || one.state === "failed") node.append(foot(one, deeds));
  return progress(node, one, deeds);
}

function linked(words) {
  const found = [];
  let end = 0;
  for (const match of words.matchAll(LINK)) {
    found.push(words.slice(end, match.index), element("a", { href: match[0], target: "_blank", rel: "noopener noreferrer" }, match[0]));
    end = match.index + match[0].length;
  }
  return [...found, words.slice(end)];
}

function foot(one, deeds) {
  const words = one.from !== "visitor" ? "" : one.entry ? stateOf(one.entry) : text(one.state === "read" ? "read" : "sent");
  const made = element("div", { class: "foot" }, element("time", { datetime: new Date(one.at).toISOString() }, clock.format(one.at)), words && ` · ${words}`);
  if (one.state !== "failed") return made;
  if (one.entry.reason !== "lost-files" || one.text) made.append(deed("again", () => deeds.retry(one.key)));
  made.append(deed("change", () => deeds.change(one.key)));
  made.append(deed("remove", () => deeds.drop(one.key)));
  return made;
}

function stateOf(entry) {
  const [reason, seconds] = entry.reason.split(":");
  if (entry.state === "failed") return `${text("failed")}. ${text(entry.reason)}`;
  if (reason === "slow-down") return text(reason, { seconds });
  return text(entry.state);
}

function deed(what, run) {
  const made = element("button", { type: "button", class: "link" }, text(what));
  made.onclick = run;
  return made;
}

function progress(node, one, deeds) {
  const sending = one.entry?.state === "sending" && one.entry.files.length;
  let bar = node.querySelector("progress");
  if (!sending) bar?.parentNode.remove();
  else if (!bar) {
    bar = element("progress", { max: "1", value: "0", "aria-label": text("sending") });
    node.append(element("div", { class: "foot" }, bar, deed("cancel", () => deeds.drop(one.key))));
  }
  if (sending) bar.value = one.entry.progress;
  return node;
}

function fileOf(file, deeds) {
  const size = new Intl.NumberFormat(locale, { style: "unit", unit: file.size < 1e6 ? "kilobyte" : "megabyte", maximumFractionDigits: file.size < 1e6 ? 0 : 1 });
  const words = [element("span", {}, file.name), element("small", {}, size.format(file.size < 1e6 ? Math.max(1, file.size / 1e3) : file.size / 1e6))];
  if (!file.id) return element("span", { class: "file" }, ...words);
  const made = element("button", { type: "button", class: "file", "aria-label": text("download", { name: file.name }) }, ...words);
  const shown = picture(file);
  if (shown) made.prepend(shown);
  made.onclick = async () => {
    made.disabled = true;
    await save(file).catch(() => deeds.trouble());
    made.disabled = false;
  };
  return made;
}

async function save(file) {
  const url = URL.createObjectURL(await download(file));
  element("a", { href: url, download: file.name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
