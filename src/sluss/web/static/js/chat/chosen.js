// Files that are to go along: chosen, pasted or dropped, each small enough. In: files. Out: a list of those, and of their names.
import { element, text } from "../text.js";

const asks = document.body.dataset;
const field = document.getElementById("text");
const list = document.getElementById("chosen");
export const chosen = [];
let tellFault = () => {};

// `tell(sentence)`: what is wrong with them.
export function startFiles(tell) {
  tellFault = tell;
  const button = document.getElementById("attach");
  const input = document.getElementById("files");
  // A file that is dropped beside the field must not open in place of the chat.
  for (const what of ["dragover", "drop"]) addEventListener(what, (event) => event.preventDefault());
  if (!button) return;
  button.onclick = () => input.click();
  input.onchange = () => {
    take(input.files);
    input.value = "";
  };
  field.addEventListener("paste", (event) => event.clipboardData.files.length && (event.preventDefault(), take(event.clipboardData.files)));
  addEventListener("drop", (event) => !field.disabled && take(event.dataTransfer.files));
}

function take(more) {
  const [most, bytes, together] = [asks.mostFiles, asks.mostBytes, asks.mostTogether].map(Number);
  let wrong = "";
  for (const file of more) {
    const all = chosen.reduce((sum, one) => sum + one.size, file.size);
    if (chosen.length >= most) wrong = text("too-many", { most });
    else if (file.size > bytes) wrong = text("too-large", { name: file.name, most: Math.floor(bytes / 1e6) });
    else if (all > together) wrong = text("too-large-together", { most: Math.floor(together / 1e6) });
    else chosen.push(file);
  }
  tellFault(wrong);
  drawFiles();
  field.focus();
}

export function choose(wanted) {
  chosen.splice(0, chosen.length, ...wanted);
  drawFiles();
}

function drawFiles() {
  list.replaceChildren(...chosen.map((file) => {
    const away = element("button", { type: "button", class: "link", "aria-label": `${text("remove")}: ${file.name}` }, "×");
    away.onclick = () => {
      choose(chosen.filter((one) => one !== file));
      field.focus();
    };
    return element("li", {}, element("span", {}, file.name), away);
  }));
  list.hidden = !chosen.length;
}
