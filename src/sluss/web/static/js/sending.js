// What a form's button says while the form is on its way. A form keeps its key until it was answered, so that trying again does it once;
// done, it is given a fresh one.
import { text } from "./text.js";
import { key } from "./http.js";

const READ = 10000;
const WRITE = 30000;
const SHOWN = 300;

function relabel(button, words) {
  button.dataset.words ??= button.innerHTML;
  button.textContent = words;
}

function restore(form) {
  for (const button of form.querySelectorAll("button.busy, button.failed")) {
    if (button.dataset.words) button.innerHTML = button.dataset.words;
    delete button.dataset.words;
    button.classList.remove("busy", "failed");
  }
}

const isText = (form) => form?.matches?.("form[data-kind]");

document.addEventListener("htmx:config:request", (event) => {
  const { request } = event.detail.ctx;
  request.timeout = request.method === "GET" ? READ : WRITE;
});

document.addEventListener("htmx:before:request", (event) => {
  const form = event.target;
  const button = event.detail.ctx.request.submitter ?? form.querySelector?.('[type="submit"]');
  if (!isText(form) || !button) return;
  restore(form);
  button.classList.add("busy");
  form.slow = setTimeout(() => relabel(button, text("sending")), SHOWN);
});

// Only what got no answer at all stays marked: pressing the button again is safe then, whatever became of the first try.
document.addEventListener("htmx:finally:request", (event) => {
  const form = event.target;
  if (!form.matches?.("form")) return;
  const { response, request } = event.detail.ctx;
  clearTimeout(form.slow);
  if (response?.raw?.ok && form.elements.op) form.elements.op.value = key();
  if (!isText(form)) return;
  const button = form.querySelector("button.busy");
  restore(form);
  if (response || !button) return;
  button.classList.add("failed");
  relabel(button, text(request.signal?.reason === "timeout" ? "no-answer" : "not-sent"));
});

document.addEventListener("input", (event) => isText(event.target.form) && event.target.form.querySelector("button.failed") && restore(event.target.form));
