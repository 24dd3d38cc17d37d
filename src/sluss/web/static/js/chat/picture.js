// Pictures of the talk, small, as soon as they come into view. In: a file. Out: an image, or null for what is none or is large.
import { download } from "./net.js";

const KINDS = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const LARGE = 3e6;
const waiting = new WeakMap();
const seen = new IntersectionObserver((all) => {
  for (const { isIntersecting, target } of all) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    load(target).catch(() => target.remove());
  }
});

export function picture(file) {
  if (!KINDS.includes(file.type) || file.size > LARGE) return null;
  const made = new Image();
  made.alt = "";
  made.onerror = () => made.remove();
  waiting.set(made, file);
  seen.observe(made);
  return made;
}

// The bytes ask for the token, so an address alone does not show them.
async function load(made) {
  const url = URL.createObjectURL(await download(waiting.get(made)));
  made.onload = () => URL.revokeObjectURL(url);
  made.src = url;
}
