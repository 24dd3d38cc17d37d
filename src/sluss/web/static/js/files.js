// Attachments: chosen, pasted or dropped; each uploads by itself with progress, and can be tried again.
import { csrf, key } from "./http.js";
import { element, icon, text } from "./text.js";

const shown = (bytes) => new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: bytes < 1e6 ? "kilobyte" : "megabyte", maximumFractionDigits: 1 }).format(bytes / (bytes < 1e6 ? 1e3 : 1e6));

export function uploading(form) {
  return Boolean(form.querySelector(".attached progress"));
}

const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

// A name that no other file of the form has: the text names a picture by it.
function placed(form, file) {
  const taken = new Set([...form.querySelectorAll(".attached .name")].map((one) => one.textContent));
  const ending = { "image/jpeg": "jpg" }[file.type] ?? file.type.slice(6);
  let number = 1;
  while (taken.has(`picture-${number}.${ending}`)) number += 1;
  return new File([file], `picture-${number}.${ending}`, { type: file.type });
}

function write(form, words, by = null) {
  const field = form.elements.body;
  const at = by === null ? -1 : field.value.indexOf(words);
  if (by === null) field.setRangeText(words, field.selectionStart, field.selectionEnd, "end");
  else if (at >= 0) field.setRangeText(by, at, at + words.length, "preserve");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

// Adds files to a form of the composer. `limit` is bytes, `words` the same for people. With `place` pictures stand in the text, where
// the cursor is, as [name].
export function attach(form, files, { no, limit, words, place = false }) {
  for (let file of files) {
    const inside = place && PICTURES.includes(file.type) && !(limit && file.size > limit);
    if (inside) { file = placed(form, file); write(form, `[${file.name}]`); }
    const chip = chipOf(form, file, element("progress", { max: 100, value: 0, "aria-label": file.name }));
    if (limit && file.size > limit) fail(chip, text("too-large", { limit: words }));
    else send(form, chip, file, no);
  }
}

// A file that lies on the server already, as those that come with a canned answer.
export function attached(form, { id, name, size }) {
  chipOf(form, { name, size }, element("input", { type: "hidden", name: "file", value: id }));
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

function chipOf(form, { name, size }, inside) {
  const remove = element("button", { class: "btn ghost tiny", type: "button", "data-remove": true, "aria-label": `${text("remove")} ${name}` }, icon("x"));
  const chip = element("span", { class: "file" }, icon("paperclip"), element("span", { class: "name" }, name), element("span", { class: "quiet" }, shown(size)), inside, remove);
  form.querySelector(".attached").append(chip);
  return chip;
}

function send(form, chip, file, no) {
  const data = new FormData();
  data.set("csrf", csrf());
  data.set("op", key());
  data.set("file", file);
  const request = new XMLHttpRequest();
  chip.cancel = () => request.abort();
  request.upload.onprogress = (event) => { const bar = chip.querySelector("progress"); if (bar && event.lengthComputable) bar.value = (100 * event.loaded) / event.total; };
  request.onload = () => {
    const answer = understood(request.responseText);
    if (request.status !== 201) return fail(chip, answer.error ?? text("upload-failed"), () => send(form, renewed(chip), file, no));
    chip.querySelector("progress").remove();
    chip.querySelector(".name").textContent = answer.name;
    if (PICTURES.includes(file.type)) chip.querySelector("svg").replaceWith(element("img", { src: `/files/${answer.id}/thumb`, alt: "", width: 24, height: 24 }));
    chip.append(element("input", { type: "hidden", name: "file", value: answer.id }));
    form.dispatchEvent(new Event("input", { bubbles: true }));
  };
  request.onerror = () => fail(chip, text("upload-failed"), () => send(form, renewed(chip), file, no));
  request.open("POST", `/cases/${no}/files`);
  request.send(data);
}

function understood(body) {
  try { return JSON.parse(body); } catch { return {}; }
}

function fail(chip, words, again) {
  chip.querySelector("progress")?.remove();
  chip.classList.add("failed");
  chip.querySelector(".quiet").textContent = words;
  chip.setAttribute("role", "alert");
  if (!again) return;
  const retry = element("button", { class: "btn tiny", type: "button", "data-retry": true }, text("retry"));
  retry.addEventListener("click", again, { once: true });
  chip.querySelector("[data-remove]").before(retry);
}

function renewed(chip) {
  chip.classList.remove("failed");
  chip.removeAttribute("role");
  chip.querySelector("[data-retry]")?.remove();
  chip.querySelector("[data-remove]").before(element("progress", { max: 100, value: 0 }));
  return chip;
}

document.addEventListener("click", (event) => {
  const remove = event.target.closest(".attached [data-remove]");
  if (!remove) return;
  const form = remove.closest("form");
  const chip = remove.closest(".file");
  chip.cancel?.();
  chip.remove();
  write(form, `[${chip.querySelector(".name").textContent}]`, "");
  form.dispatchEvent(new Event("input", { bubbles: true }));
});
