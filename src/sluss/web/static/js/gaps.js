// Fields of a canned answer that nothing could be put in: named below the text, each with the way to it. The server sends none of them.
import { element, text } from "./text.js";

const GAP = /\{\{\s*([^{}|\n]{0,80})(?:\|[^{}\n]*)?\}\}/g;

function showGaps(field) {
  const line = field.form.querySelector("[data-gaps]");
  if (!line) return;
  const found = field.value.includes("{{") ? [...field.value.matchAll(GAP)] : [];
  const told = found.map((one) => one[0]).join();
  if (line.dataset.told === told) return;
  line.dataset.told = told;
  line.hidden = !found.length;
  line.replaceChildren(...(found.length ? [element("span", {}, text("fill-in")), ...found.map((one, place) => gapButton(field, one, place))] : []));
}

function gapButton(field, [whole, name], place) {
  const button = element("button", { class: "btn tiny", type: "button" }, name.trim() || whole);
  button.addEventListener("click", () => {
    const at = [...field.value.matchAll(GAP)][place];
    field.focus();
    if (at) field.setSelectionRange(at.index, at.index + at[0].length);
  });
  return button;
}

export function showAllGaps() {
  for (const field of document.querySelectorAll("sluss-composer textarea")) showGaps(field);
}

// What is being written becomes a canned answer: the form of a new one begins with it.
const KEPT_TEXT = "new-answer";
function fillNewAnswer() {
  const field = document.querySelector('form[data-new-answer] details[open] textarea');
  const words = field && !field.value && sessionStorage.getItem(KEPT_TEXT);
  if (!words) return;
  sessionStorage.removeItem(KEPT_TEXT);
  field.value = words;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keep-answer]")) sessionStorage.setItem(KEPT_TEXT, document.querySelector('sluss-composer [role="tabpanel"]:not([hidden]) textarea')?.value ?? "");
});
document.addEventListener("input", (event) => event.target.matches?.("sluss-composer textarea") && showGaps(event.target));
document.addEventListener("htmx:after:swap", showAllGaps);
showAllGaps();
fillNewAnswer();
