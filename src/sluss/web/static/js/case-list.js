// <sluss-list data-view="mine">: rows are pushed one by one. While the pointer or the focus is in the list nothing moves;
// changed rows are refreshed where they stand, and what would move waits behind a pill.
import { plural, say } from "./text.js";
import { askAbout, tellChosen } from "./views.js";
import { tell } from "./clock.js";
import { action, focusedRow } from "./keys.js";

class SlussList extends HTMLElement {
  connectedCallback() {
    if (this.waiting) return;
    this.waiting = new Map();
    this.rows = this.querySelector("#rows");
    this.pill = this.closest(".list").querySelector(".news");
    this.pill.firstElementChild.addEventListener("click", () => this.settle());
    for (const name of ["pointerleave", "focusout"]) this.addEventListener(name, () => setTimeout(() => this.busy() || this.settle(), 150));
    this.addEventListener("change", (event) => {
      this.picked = event.target.closest("#rows > li");
      this.count();
    });
    this.addEventListener("focusin", (event) => event.target.closest(".row") && this.rove(event.target.closest(".row")));
    this.rove(this.rows.querySelector('[aria-current="true"]') ?? this.rows.querySelector(".row"));
  }

  busy() {
    return this.matches(":hover") || this.contains(document.activeElement);
  }

  push({ case: id, no, views, html, sort: sorts }) {
    if ("asks" in this.dataset) return askAbout(this, id, no);
    this.take(id, views.includes(this.dataset.view), html, sorts[this.dataset.order]);
  }

  take(id, belongs, html, sort) {
    const row = document.getElementById(`c${id}`);
    const still = row && Number(row.dataset.sort) === Number(sort);
    if (belongs && row) this.refresh(row, html, still || this.busy());
    if (belongs ? still : !row) return;
    if (this.busy()) this.wait(id, belongs ? { html, sort } : null);
    else belongs ? this.place(id, html, sort) : this.drop(id);
  }

  fill(html) {
    return html.replaceAll("{view}", this.dataset.view).replaceAll("{query}", this.dataset.query);
  }

  refresh(row, html, keepPlace) {
    const sort = row.dataset.sort;
    htmx.swap({ text: this.fill(html), target: row, sourceElement: row, swap: "outerMorph" });
    const fresh = document.getElementById(row.id);
    if (keepPlace) fresh.dataset.sort = sort;
    this.mark();
    tell(fresh);
  }

  wait(id, what) {
    this.waiting.set(id, what);
    const fresh = [...this.waiting].filter(([key, value]) => value && !document.getElementById(`c${key}`)).length;
    this.pill.hidden = false;
    this.pill.querySelector("span").textContent = plural("new-rows", fresh || this.waiting.size);
  }

  settle() {
    this.pill.hidden = true;
    for (const [id, what] of this.waiting) what ? this.place(id, what.html, what.sort) : this.drop(id);
    this.waiting.clear();
  }

  place(id, html, sort) {
    const holder = document.createElement("template");
    holder.innerHTML = this.fill(html);
    const row = document.getElementById(`c${id}`) ?? holder.content.querySelector("li");
    if (!row) return;
    if (!row.isConnected) row.classList.add("fresh");
    row.dataset.sort = sort;
    const before = [...this.rows.children].find((other) => other !== row && Number(other.dataset.sort) > Number(sort));
    // Beyond the last row that is loaded: it comes with the next page.
    if (!before && this.querySelector(".more")) return row.isConnected && row.remove();
    this.rows.insertBefore(row, before ?? null);
    this.querySelector(".empty")?.remove();
    htmx.process(row);
    this.mark();
    tell(row);
  }

  drop(id) {
    const row = document.getElementById(`c${id}`);
    if (!row) return;
    row.classList.add("leaving");
    setTimeout(() => row.remove(), matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 240);
  }

  // The open case is marked by what the pane shows, never by what was clicked.
  mark() {
    const open = document.getElementById("pane")?.dataset.no;
    for (const link of this.rows.querySelectorAll('[aria-current="true"]')) link.removeAttribute("aria-current");
    const link = open && this.rows.querySelector(`li[data-no="${open}"] .row`);
    link?.setAttribute("aria-current", "true");
    return link;
  }

  rove(link) {
    for (const other of this.rows.querySelectorAll('.row[tabindex="0"]')) other.tabIndex = -1;
    if (!link) return;
    for (const other of this.rows.querySelectorAll(".row:not([tabindex])")) other.tabIndex = -1;
    link.tabIndex = 0;
  }

  step(by) {
    const links = [...this.rows.querySelectorAll("li:not(.leaving) .row")];
    const now = links.indexOf(document.activeElement.closest?.(".row") ?? this.rows.querySelector('[aria-current="true"]'));
    const next = links[by === "first" ? 0 : by === "last" ? links.length - 1 : Math.max(0, Math.min(links.length - 1, now + by))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  count() {
    const picked = this.rows.querySelectorAll(".pick :checked").length;
    tellChosen(this.rows, picked);
    if (picked) say(plural("selected", picked));
  }

  pick(on, boxes = this.rows.querySelectorAll(".pick input")) {
    for (const box of boxes) box.checked = on;
    this.count();
  }

  // From the row that was picked last up to this one.
  range(to) {
    const rows = [...this.rows.children];
    const [from, end] = [rows.indexOf(this.picked?.isConnected ? this.picked : to), rows.indexOf(to)].sort((one, other) => one - other);
    this.pick(true, rows.slice(from, end + 1).map((row) => row.querySelector(".pick input")));
  }

  clear() {
    this.pick(false);
  }
}
customElements.define("sluss-list", SlussList);

const list = () => document.querySelector("sluss-list");
action("next", (event) => (event.key === "ArrowDown" && !focusedRow() ? false : list().step(1)));
action("previous", (event) => (event.key === "ArrowUp" && !focusedRow() ? false : list().step(-1)));
action("enter", (event) => (event.key === "Enter" ? false : focusedRow().querySelector(".row").click()));
action("select", () => focusedRow().querySelector(".pick input").click());
action("select-range", () => list().range(focusedRow()));
action("select-all", () => list().pick(true));
action("select-none", () => list().pick(false));
action("first", () => list().step("first"));
action("last", () => list().step("last"));
document.addEventListener("sluss:resync", () => list() && htmx.ajax("GET", location.pathname.split("/").slice(0, 3).join("/") + location.search, { target: "#rows", select: "#rows", swap: "outerMorph" }).then(() => list().mark()));
