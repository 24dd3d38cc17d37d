// The `?` sheet: every key of this page, and the way to one's own.
import { action, actions, printed, rootElement } from "./keys.js";
import { element, text } from "./text.js";
import { post } from "./http.js";
import { show } from "./dialog.js";

function sheet() {
  const off = rootElement.dataset.keys === "off";
  const groups = [["everywhere"], ["list", "row"], ["case", "thread"], ["writing"]].map((contexts) => {
    const rows = actions.filter((one) => contexts.includes(one.context) && one.keys.length).flatMap((one) => [element("dt", {}, ...printed(one.keys[0])), element("dd", {}, one.label)]);
    return element("section", {}, element("h3", {}, text(contexts[0])), element("dl", {}, ...rows));
  });
  const toggle = element("button", { class: "btn soft", type: "button" }, text(off ? "keys-on" : "keys-off"));
  toggle.addEventListener("click", () => {
    rootElement.dataset.keys = off ? "on" : "off";
    post("/me/keys", { keys: rootElement.dataset.keys }).catch(() => {});
    dialog.close();
  });
  const own = element("a", { class: "btn soft", href: "/me/keys" }, text("keys-own"));
  const close = element("button", { class: "btn pri", type: "button", "data-close": true }, text("close"));
  const dialog = element("dialog", { class: "wide", "aria-labelledby": "sheet-title" }, element("div", { class: "dialog sheet" },
    element("h2", { id: "sheet-title", tabindex: "-1", autofocus: true }, text("key.sheet")), element("div", { class: "sets" }, ...groups), element("div", { class: "btn-row" }, own, toggle, close)));
  document.body.append(dialog);
  show(dialog);
}

action("sheet", sheet);
