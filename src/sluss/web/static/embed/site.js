// The page that the chat stands on: its script tag, where somebody is in it, its title. In: the document. Out: what the frame may know.

// Modules have no current script: then the tag is found by what it says.
const tag = document.currentScript || document.querySelector('script[data-key][src*="/embed/v1.js"]');
const asked = tag ? tag.dataset : {};

export const site = {
  key: asked.key || "",
  home: tag && tag.src ? new URL(tag.src).origin : "",
  fallback: asked.fallback || "",
  contact: asked.fallbackText || "Contact us",
  bare: asked.launcher === "none",
  lang: asked.lang || "",
  theme: asked.theme || "",
};
const flag = `sluss-chat-${site.key}`;

let badge = "";

export const warn = (sentence) => console.warn(`Sluss chat: ${sentence}`);

export const language = () => site.lang || document.documentElement.lang || navigator.language;

// Neither query nor fragment leaves the page: they may hold what is nobody's business.
export function pageNow() {
  return {
    url: location.origin + location.pathname,
    title: document.title.replace(badge, ""),
    referrer: document.referrer.split(/[?#]/)[0],
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    lang: navigator.language,
  };
}

export function showCount(count) {
  const title = document.title.startsWith(badge) ? document.title.slice(badge.length) : document.title;
  badge = document.hidden && count ? `(${count}) ` : "";
  if (document.title !== badge + title) document.title = badge + title;
}

// One flag of the site's own, from the first message on. Where storage is shut, a returning visitor opens the chat to see what is new.
export function hasBegun() {
  try {
    return localStorage[flag];
  } catch {
    return false;
  }
}

export function keepBegun(begun) {
  try {
    if (begun) localStorage[flag] = 1;
    else delete localStorage[flag];
  } catch {
    // See above.
  }
}
