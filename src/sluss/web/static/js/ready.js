// Canned answers and macros while writing: `/` at the start of a line or after a space opens a menu. It never takes a `/` out of a
// text: what is not chosen stays as it was typed, and Esc keeps the menu shut until the next `/`.
import { key, post } from "./http.js";
import { say, text } from "./text.js";
import { attached } from "./files.js";
import { deed } from "./case-keys.js";

const LONGEST_WORDS = 40;
const OPEN_FIELD = /\{\{[^{}\n]*\}\}|_{3,}/;
let slash = null; // { field, from, box, byButton, asking }

const readyOptions = () => [...(slash?.box.querySelectorAll('[role="option"]') ?? [])];
const marked = () => slash?.box.querySelector('[aria-selected="true"]');
const typedWords = () => slash.field.value.slice(slash.from + 1, slash.field.selectionStart);

function openReady(field, byButton) {
  const box = field.closest("sluss-composer").querySelector(".ready");
  slash = { field, from: field.selectionStart - 1, box, byButton };
  for (const [name, value] of Object.entries({ "aria-autocomplete": "list", "aria-controls": "ready-options", "aria-haspopup": "listbox" })) field.setAttribute(name, value);
  askReady();
}

function closeReady(takeBack = false) {
  if (!slash) return;
  const { field, from, box, asking, byButton } = slash;
  slash = null;
  asking?.abort();
  box.hidden = true;
  box.replaceChildren();
  for (const name of ["aria-autocomplete", "aria-controls", "aria-haspopup", "aria-activedescendant"]) field.removeAttribute(name);
  if (takeBack && byButton && field.value[from] === "/" && field.selectionStart === from + 1) typeOver(field, from, "");
}

// Typed over what stands from `from` to the caret, so that the browser's own undo takes it back.
function typeOver(field, from, words) {
  field.focus();
  field.setSelectionRange(from, field.selectionEnd);
  if (document.execCommand(words ? "insertText" : "delete", false, words)) return;
  field.setRangeText(words, from, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

async function askReady(more = "") {
  slash.asking?.abort();
  const asking = (slash.asking = new AbortController());
  const { no } = slash.field.closest("sluss-composer").dataset;
  try {
    const answer = await fetch(`/cases/${no}/ready?q=${encodeURIComponent(typedWords())}${more}`, { headers: { Accept: "text/html" }, signal: asking.signal });
    if (!answer.ok || !slash || slash.asking !== asking) return;
    slash.box.innerHTML = await answer.text();
    slash.box.hidden = false;
    const all = readyOptions();
    if (!all.length && /\s/.test(typedWords())) return closeReady();
    all.length ? markOption(all[0]) : say(slash.box.textContent.trim());
  } catch { /* asked anew, closed, or no connection: what was typed stays */ }
}

function markOption(option) {
  for (const one of readyOptions()) one.setAttribute("aria-selected", String(one === option));
  for (const preview of slash.box.querySelectorAll(".preview")) preview.hidden = preview.dataset.of !== option.id;
  slash.field.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
  say(`${option.querySelector(".name").textContent}, ${option.getAttribute("aria-posinset")} / ${option.getAttribute("aria-setsize")}`);
}

function chooseReady(option) {
  const { field, from } = slash;
  if (option.getAttribute("aria-disabled")) return say(slash.box.querySelector(".preview:not([hidden])").textContent.trim());
  const { answer, words, macro, onward } = option.dataset;
  closeReady();
  typeOver(field, from, macro ? "" : words);
  macro ? runHere(field.form, macro, onward) : chosen(field, from, answer, words);
}

// The caret goes to what is still to be filled in; use is counted, and files come along.
async function chosen(field, from, answer, words) {
  const open = OPEN_FIELD.exec(words);
  if (open) field.setSelectionRange(from + open.index, from + open.index + open[0].length);
  try {
    const told = await post(`/cases/${field.closest("sluss-composer").dataset.no}/ready`, { answer, op: key() });
    for (const file of told.ok ? (await told.json()).files : []) attached(field.form, file);
  } catch { document.dispatchEvent(new CustomEvent("sluss:toast", { detail: { text: text("unreachable"), kind: "bad" } })); }
}

// What is being written is kept before the composer is replaced.
async function runHere(form, macro, onward) {
  const composer = form.closest("sluss-composer");
  await composer.drafts?.get(form)?.save();
  onwardAfter(onward);
  deed(`/cases/${composer.dataset.no}/macro`, { macro, seen: document.querySelector('#pane input[name="seen"]')?.value ?? "" });
}

// Where the macro leads, once it is done: by the row of the list, which leaves the toast with its Undo where it is.
function onwardAfter(onward) {
  const path = onward && onward !== "stay" && document.querySelector(`[data-action="${onward === "next" ? "next-case" : "up"}"]`)?.getAttribute("href");
  if (!path) return;
  const open = document.querySelector("#pane[data-case]");
  const gone = ({ detail }) => detail.ctx?.response?.raw?.ok && document.querySelector("#pane[data-case]") === open && setTimeout(() => goTo(path), 60);
  document.addEventListener("htmx:finally:request", gone, { once: true });
}

function goTo(path) {
  const row = document.querySelector(`#rows li[data-no="${path.split("/").at(-1)}"] .row`);
  row ? row.click() : location.assign(path);
}

function typedInto(event) {
  const field = event.target;
  if (slash?.field === field) {
    const words = field.selectionStart > slash.from && field.value[slash.from] === "/" ? typedWords() : "\n";
    return /^\s|[\n/]/.test(words) || words.length > LONGEST_WORDS ? closeReady() : void askReady();
  }
  const before = field.value[field.selectionStart - 2];
  if (event.data === "/" && !event.isComposing && (before === undefined || /\s/.test(before))) openReady(field, false);
}

function readyKeys(event) {
  if (!slash || event.isComposing || event.target !== slash.field) return;
  const all = readyOptions(), now = all.indexOf(marked());
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
  if (event.key === "Escape") closeReady(true);
  else if (!plain || now < 0) return;
  else if (event.key === "ArrowDown") markOption(all[(now + 1) % all.length]);
  else if (event.key === "ArrowUp") markOption(all[(now + all.length - 1) % all.length]);
  else if (event.key === "Enter" || event.key === "Tab") chooseReady(all[now]);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

document.addEventListener("input", (event) => event.target.matches?.("sluss-composer textarea") && typedInto(event));
document.addEventListener("keydown", readyKeys, true);
document.addEventListener("mousedown", (event) => slash?.box.contains(event.target) && !event.target.closest("a") && event.preventDefault());
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-ready]");
  const option = event.target.closest('.ready [role="option"]');
  const language = event.target.closest(".ready [data-in]");
  if (opener) {
    const field = opener.closest("form").elements.body;
    field.focus();
    closeReady(true);
    document.execCommand("insertText", false, /\S$/.test(field.value.slice(0, field.selectionStart)) ? " /" : "/");
    if (slash) slash.byButton = true;
    else openReady(field, true);
  } else if (language) askReady(`&answer=${language.closest(".preview").dataset.of.slice(7)}&language=${language.dataset.in}`);
  else if (option) { markOption(option); chooseReady(option); }
  else if (slash && event.target !== slash.field) closeReady(true);
});
document.addEventListener("focusout", (event) => slash?.field === event.target && setTimeout(() => document.activeElement !== slash?.field && closeReady(), 100));
document.addEventListener("htmx:before:request", (event) => event.target.matches?.('form[data-kind="macro"]') && onwardAfter(event.target.querySelector(`[name="macro"]:focus`)?.dataset.onward));
