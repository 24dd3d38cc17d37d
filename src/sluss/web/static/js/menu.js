// Menus are popovers of plain buttons. Here: arrow keys, a filter, a place where the browser cannot anchor, closing after a choice.
const anchored = CSS.supports("position-area", "block-end span-inline-end");

function choices(menu) {
  return [...menu.querySelectorAll(".item")].filter((item) => !item.hidden).map((item) => (item.matches("label") ? item.querySelector("input") : item));
}

function place(menu) {
  const invoker = document.querySelector(`[popovertarget="${menu.id}"]`);
  if (anchored || !invoker) return;
  const from = invoker.getBoundingClientRect();
  const size = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(from.left, innerWidth - size.width - 8))}px`;
  menu.style.top = `${from.bottom + size.height > innerHeight ? Math.max(8, from.top - size.height - 8) : from.bottom}px`;
}

function narrow(input) {
  const wanted = input.value.trim().toLocaleLowerCase();
  for (const item of input.closest(".menu").querySelectorAll(".item")) item.hidden = wanted !== "" && !item.textContent.toLocaleLowerCase().includes(wanted);
}

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!menu.matches?.(".menu")) return;
  for (const invoker of document.querySelectorAll(`[popovertarget="${menu.id}"]`)) invoker.setAttribute("aria-expanded", String(event.newState === "open"));
  if (event.newState !== "open") return;
  place(menu);
  (menu.querySelector("[data-filter], [autofocus]") ?? choices(menu).find((one) => one.closest('[aria-current="true"]')) ?? choices(menu)[0])?.focus();
}, true);

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu:popover-open");
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  if (event.target.matches("input:not([type=checkbox])") && !event.key.startsWith("Arrow")) return;
  if (event.target.type === "datetime-local") return;
  event.preventDefault();
  const all = choices(menu);
  const now = all.indexOf(document.activeElement);
  const next = { ArrowDown: now + 1, ArrowUp: now < 0 ? all.length - 1 : now - 1, Home: 0, End: all.length - 1 }[event.key];
  all[(next + all.length) % all.length]?.focus();
});

document.addEventListener("input", (event) => event.target.matches?.(".menu [data-filter]") && narrow(event.target));
document.addEventListener("htmx:before:request", (event) => event.target.closest?.(".menu:not(.bell-panel, .bulk-menu)")?.hidePopover());
