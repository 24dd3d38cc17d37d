// `@` in a note completes colleagues and teams who may see the case: a list beside the text, which keeps the focus; typed in any script.
import { element, icon, say, text } from "./text.js";

const MOST_NAMES = 8;
const LONGEST_NAME = 24;
const colleagueLists = new Map();

// As the server compares names: without case, and without what stands on, under or through letters.
const flatName = (words) => words.toLocaleLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replace(/ł/g, "l").replace(/ø/g, "o").replace(/đ/g, "d");

// What is typed after an `@` that begins a word, up to the caret; names may hold a blank.
function typedName(area) {
  const before = area.value.slice(0, area.selectionStart);
  const found = /(?:^|[^\p{L}\p{N}._+@-])@([\p{L}\p{M}\p{N}'’.-]*(?: [\p{L}\p{M}\p{N}'’.-]*){0,2})$/u.exec(before);
  return area.selectionStart === area.selectionEnd && found && found[1].length <= LONGEST_NAME ? found[1] : null;
}

async function colleagues(no) {
  if (!colleagueLists.has(no)) colleagueLists.set(no, fetch(`/cases/${no}/callable`, { headers: { "X-Requested-With": "sluss" } }).then((answer) => (answer.ok ? answer.json() : [])).catch(() => []));
  const found = await colleagueLists.get(no);
  if (!found.length) colleagueLists.delete(no);
  return found;
}

function fittingNames(all, words) {
  const wanted = flatName(words.trimStart());
  const score = (name) => (name.startsWith(wanted) ? 0 : name.split(/[\s-]+/).some((part) => part.startsWith(wanted)) ? 1 : 2);
  return all.map((one) => [score(flatName(one.name)), one]).filter(([rank]) => rank < 2).sort((one, other) => one[0] - other[0]).slice(0, MOST_NAMES).map(([, one]) => one);
}

class Choosing {
  constructor(area) {
    this.area = area;
    this.box = element("div", { class: "colleagues", id: "colleagues", role: "listbox", "aria-label": text("colleagues"), hidden: true });
    area.closest(".sheetlet").append(this.box);
    for (const [name, value] of Object.entries({ "aria-autocomplete": "list", "aria-controls": "colleagues", "aria-haspopup": "listbox" })) area.setAttribute(name, value);
    this.box.addEventListener("pointerdown", (event) => { event.preventDefault(); const option = event.target.closest("[role=option]"); if (option) this.take(Number(option.dataset.n)); });
    area.addEventListener("keydown", (event) => this.key(event));
    area.addEventListener("blur", () => this.close());
    for (const name of ["input", "click"]) area.addEventListener(name, () => this.look());
  }

  async look() {
    const words = typedName(this.area);
    if (words === null) return this.close();
    const all = await colleagues(this.area.closest("sluss-composer").dataset.no);
    if (typedName(this.area) !== words) return;
    this.found = fittingNames(all, words);
    if (!this.found.length && words) return this.close();
    this.show();
  }

  show() {
    this.box.replaceChildren(...(this.found.length ? this.found.map((one, n) => element("div", { role: "option", id: `colleague-${n}`, "data-n": n, "aria-selected": "false" },
      icon(one.kind === "team" ? "users" : "user"), element("span", {}, one.name), element("span", { class: "end" }, one.detail))) : [element("p", { class: "none" }, text("nobody"))]));
    this.box.hidden = false;
    this.point(0);
  }

  point(n) {
    this.at = n;
    for (const option of this.box.querySelectorAll("[role=option]")) {
      const chosen = Number(option.dataset.n) === n;
      option.setAttribute("aria-selected", String(chosen));
      if (!chosen) continue;
      this.area.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
      say(text("of", { name: this.found[n].name, n: n + 1, all: this.found.length }));
    }
  }

  key(event) {
    if (this.box.hidden || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.found.length) this.point((this.at + step + this.found.length) % this.found.length);
    else if (event.key === "Escape") this.close();
    else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey && this.found.length) this.take(this.at);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  take(n) {
    const { area } = this;
    const end = area.selectionStart;
    area.setRangeText(`@${this.found[n].name} `, end - typedName(area).length - 1, end, "end");
    this.close();
    area.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }

  close() {
    this.box.hidden = true;
    this.area.removeAttribute("aria-activedescendant");
  }
}

function chooseIn(area) {
  if (area?.id === "f-note-body" && !area.choosing) area.choosing = new Choosing(area);
}
document.addEventListener("focusin", (event) => chooseIn(event.target));
chooseIn(document.activeElement);
