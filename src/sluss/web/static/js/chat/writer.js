// Where the visitor writes: a field that grows, files, what is asked for before the first message. In: keys and files. Out: `send`.
import { text } from "../text.js";
import { chosen, choose, startFiles } from "./chosen.js";
import { begun, draft, isProven, keepDraft } from "./store.js";

const asks = document.body.dataset;
export const field = document.getElementById("text");
const form = document.getElementById("writer");
const details = document.getElementById("details");
const fault = document.getElementById("fault");
const touch = matchMedia("(pointer: coarse)");
let said = 0;
let later = 0;

// `send(text, files, details)`, `typing(on, text)`.
export function startWriter(send, typing) {
  const hand = (event) => {
    event.preventDefault();
    submit(send);
  };
  form.addEventListener("submit", hand);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229 && !touch.matches) hand(event);
  });
  field.addEventListener("input", () => {
    grow();
    tellFault("");
    later ||= setTimeout(() => {
      [said, later] = [Date.now(), 0];
      keepDraft(field.value);
      if (field.value.trim()) typing(true, field.value);
    }, Math.max(0, said + 1500 - Date.now()));
  });
  addEventListener("pagehide", () => keepDraft(field.value));
  prefill(draft());
  startFiles(tellFault);
  showDetails();
}

export function grow() {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight, 150)}px`;
}

// Only what the company asks for, and only as long as we do not know it.
export function showDetails() {
  const wants = { name: asks.askName, email: asks.askEmail };
  for (const name of ["name", "email"]) {
    const input = form.elements[name];
    input.closest("label").hidden = wants[name] === "no";
    input.required = wants[name] === "required";
    document.getElementById(`${name}-hint`).textContent = wants[name] === "optional" ? ` (${text("optional")})` : "";
  }
  details.hidden = begun() || isProven() || (wants.name === "no" && wants.email === "no");
}

export function close(sentence) {
  for (const one of form.elements) one.disabled = Boolean(sentence);
  tellFault(sentence);
}

export function prefill(words) {
  if (!field.value) field.value = words;
  grow();
}

// What was refused comes back to where it can be put right, unless something else is being written there.
export function takeBack({ text: words, files: taken }, sentence = "", { name, email } = {}) {
  if (field.value || chosen.length || field.disabled) return false;
  field.value = words;
  if (name || email) details.hidden = false;
  choose(taken);
  grow();
  tellFault(sentence);
  field.focus();
  return true;
}

function submit(send) {
  const words = field.value.trim();
  if (!words && !chosen.length) return field.focus();
  const most = Number(asks.mostText);
  if (words.length > most) return tellFault(text("too-long", { most }));
  const more = given();
  if (!more) return;
  send(words, [...chosen], more);
  field.value = "";
  clearTimeout(later);
  [said, later] = [0, 0];
  keepDraft("");
  choose([]);
  grow();
  details.hidden = true;
  field.focus();
}

function given() {
  if (details.hidden) return {};
  for (const name of ["name", "email"]) {
    const input = form.elements[name];
    input.value = input.value.trim();
    if (input.closest("label").hidden || input.checkValidity()) continue;
    tellFault(text(`needs-${name}`));
    input.setAttribute("aria-invalid", "true");
    input.focus();
    input.addEventListener("input", () => input.removeAttribute("aria-invalid"), { once: true });
    return null;
  }
  return { name: form.elements.name.value, email: form.elements.email.value };
}

function tellFault(sentence) {
  fault.textContent = sentence;
  fault.hidden = !sentence;
}
