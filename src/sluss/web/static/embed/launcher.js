// The button and the panel above it, in a shadow of their own. In: what the inbox says. Out: an element that survives what pages do.
import { site } from "./site.js";

const BUBBLE = "M21 11.5a8.4 8.4 0 0 1-12 7.6L3 21l1.9-6A8.4 8.4 0 1 1 21 11.5z";
const DOWN = "m6 9 6 6 6-6";
const LINK = "a{position:fixed;right:20px;bottom:20px;padding:12px 20px;border-radius:28px;background:#0b5cad;color:#fff;font:16px system-ui}";

export const host = document.createElement("sluss-chat");
export const panel = make("div", "p");
const root = host.attachShadow({ mode: "open" });
const count = make("span", "n");
const looks = [new CSSStyleSheet(), new CSSStyleSheet()];

const [svg, line] = ["svg", "path"].map((name) => document.createElementNS("http://www.w3.org/2000/svg", name));

export let button = null;
let words = {};
let returns = 50;

function make(name, kind, text = "") {
  const made = document.createElement(name);
  made.className = kind;
  made.textContent = text;
  return made;
}

// Beside the body and not in it: whoever exchanges the body leaves us where we are, and the frame need not load anew.
export function attach() {
  if (!host.isConnected && host.role && returns-- > 0) document.documentElement.append(host);
}

// Once: whoever moved the panel would have the frame load anew. In another language only its words change.
export function stand(settings, press) {
  words = settings.texts;
  host.ariaLabel = words.title;
  looks[0].replaceSync(settings.style);
  if (button) return;
  button = make("button", "b l");
  button.part = "button";
  button.hidden = site.bare;
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.append(line);
  button.append(svg, count);
  button.onclick = press;
  panel.part = "panel";
  settle(button, panel);
}

// Sluss does not answer: the way that the site itself offers, if it does.
export function standAside() {
  if (!site.fallback) return;
  host.ariaLabel = site.contact;
  looks[0].replaceSync(LINK);
  settle(wayOut());
}

function settle(...parts) {
  root.adoptedStyleSheets = looks;
  root.replaceChildren(...parts);
  host.role = "complementary";
  attach();
}

function wayOut() {
  const link = make("a", "", site.contact);
  link.href = site.fallback;
  return link;
}

export function show(open, unread) {
  if (!button) return;
  host.toggleAttribute("open", open);
  const news = unread && !open ? `. ${words.unread} ${unread}` : "";
  button.ariaExpanded = open;
  button.ariaLabel = (open ? words.close : words.open) + news;
  line.setAttribute("d", open ? DOWN : BUBBLE);
  count.textContent = news && (unread > 99 ? "99+" : unread);
}

export function paint(theme) {
  host.setAttribute("theme", theme);
}

// On a phone the keyboard takes its room from the page, and the panel must end above it.
export function fit() {
  const { offsetTop, height } = visualViewport;
  looks[1].replaceSync(`:host{--top:${offsetTop}px;--high:${height}px}`);
}

export function tellTrouble(again) {
  const trouble = make("div", "t", words.trouble);
  const retry = make("button", "b", words.again);
  trouble.role = "alert";
  retry.onclick = again;
  trouble.append(retry, site.fallback && wayOut());
  panel.replaceChildren(trouble);
  retry.focus();
}
