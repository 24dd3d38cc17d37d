// A line of recipients: what is typed becomes chips, each with a button to take it away. The server gets the addresses as one text.
import { element, icon, say, text } from "./text.js";

const ADDRESS = /^(?:"?[^"<>]*"?\s*<)?[^\s@<>(),;:"]+@[^\s@<>(),;:".]+(?:\.[^\s@<>(),;:".]+)+>?$/;
const parts = (typed) => (typed.match(/(?:"[^"]*"|[^,;"])+/g) ?? []).map((one) => one.trim()).filter(Boolean);
const bare = (one) => (one.match(/<([^<>]*)>/)?.[1] ?? one).trim().toLowerCase();

class People {
  constructor(line) {
    this.line = line;
    const written = line.querySelector("input");
    // A copy: htmx gives an element that it has put in place its attributes back a moment later, the name as well.
    this.entry = written.cloneNode();
    written.replaceWith(this.entry);
    this.chips = line.querySelector(".people");
    this.kept = element("input", { type: "hidden", name: this.entry.name });
    this.words = this.entry.placeholder;
    this.entry.removeAttribute("name");
    line.append(this.kept);
    const first = this.entry.value;
    this.entry.value = "";
    this.add(first, false);
    this.entry.addEventListener("keydown", (event) => this.key(event));
    this.entry.addEventListener("input", (event) => { event.stopPropagation(); if (/[,;\n]/.test(this.entry.value)) this.take(); else this.keep(); });
    this.entry.addEventListener("focusout", () => this.take());
    line.addEventListener("click", (event) => {
      const chip = event.target.closest(".who-chip");
      if (chip && event.target.closest("button")) this.drop(chip);
      else if (!chip) this.entry.focus();
    });
  }

  list() {
    return [...this.chips.children].map((chip) => chip.dataset.address);
  }

  // What stands in the entry and is no chip yet counts as well: nothing typed is left out of a send.
  keep(tell = true) {
    const all = [...this.list(), ...parts(this.entry.value)];
    const value = all.join(", ");
    this.offer(new Set(all.map(bare)));
    this.entry.placeholder = this.chips.children.length ? "" : this.words;
    if (value === this.kept.value) return;
    this.kept.value = value;
    if (tell) this.kept.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // Replying to all is offered while somebody is missing.
  offer(here) {
    const everybody = this.line.closest("form")?.querySelector("[data-everybody]");
    if (everybody && this.kept.name === "cc") everybody.hidden = parts(everybody.dataset.everybody).every((one) => here.has(bare(one)));
  }

  take() {
    const typed = this.entry.value;
    this.entry.value = "";
    this.add(typed);
  }

  add(typed, tell = true) {
    const known = new Set(this.list().map(bare));
    for (const one of parts(typed)) {
      if (known.has(bare(one))) continue;
      known.add(bare(one));
      const good = ADDRESS.test(one) || (this.line.dataset.names ?? "").split("\n").includes(one);
      const remove = element("button", { class: "btn ghost tiny", type: "button", "aria-label": `${this.line.dataset.remove} ${bare(one)}` }, icon("x", "i-14"));
      this.chips.append(element("span", { class: good ? "who-chip" : "who-chip bad", "data-address": one, title: one }, element("bdi", {}, one.replace(/^"?([^"<]*?)"?\s*<[^<>]+>$/, "$1") || one), remove));
      if (!good) say(`${one}: ${text("no-address")}`);
    }
    this.keep(tell);
  }

  drop(chip) {
    chip.remove();
    this.entry.focus();
    this.keep();
  }

  key(event) {
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) { event.preventDefault(); this.take(); }
    else if (event.key === "Backspace" && !this.entry.value && this.chips.lastElementChild) this.drop(this.chips.lastElementChild);
  }
}

const lines = new WeakMap();
export function people(within) {
  for (const line of within.querySelectorAll("[data-people]")) if (!lines.has(line)) lines.set(line, new People(line));
}

export function replacePeople(line, addresses) {
  const shown = lines.get(line);
  shown?.chips.replaceChildren();
  shown?.add(addresses);
}

export function invite(line, addresses) {
  lines.get(line)?.add(addresses);
}
