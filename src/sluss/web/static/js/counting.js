// How long a text is as its network counts; the same as channels/counting.py, and proved to be by a test.
const LINK = 23;
const links = /https?:\/\/[^\s<>"“”„‚’«»]+/gi;
const closing = /[.,:;!?)\]}'…]+$/;
const bare = /(?<![\p{L}\p{N}_@./-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:com|net|org|info|biz|app|dev|online|shop|site|store|io|[a-z]{2})(?![\p{L}\p{N}_@.-])(?:\/[^\s<>"]*)?/giu;
const handles = /(?<![\p{L}\p{N}_/@])@([a-z0-9_]+(?:[a-z0-9_.-]*[a-z0-9_])?)@[a-z0-9-]+(?:\.[a-z0-9-]+)+/giu;
const pictures = /[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299\ufe0f\u20e3\u{1f000}-\u{1faff}]/u;
const JOINER = "\u200d";
const tone = /[\u{1f3fb}-\u{1f3ff}]/u;
const flag = /^[\u{1f1e6}-\u{1f1ff}]/u;
const light = [[0, 0x10ff], [0x2000, 0x200d], [0x2010, 0x201f], [0x2032, 0x2037]];
const marks = /^[\p{Mn}\p{Me}\p{Mc}]$/u;

// What a person counts as characters, by the server's rules (kernel/text.py) rather than the browser's own.
function people(text) {
  const found = [];
  let before = "", length = 0;
  for (const char of text) {
    if (length && goesOn(char, before, length)) { found[found.length - 1] += char; length += 1; } else { found.push(char); length = 1; }
    before = char;
  }
  return found;
}

function goesOn(char, before, length) {
  if (char < "\u0300") return char === "\n" && before === "\r";
  if (char === JOINER || before === JOINER || tone.test(char)) return true;
  if (flag.test(char)) return length === 1 && flag.test(before);
  return marks.test(char);
}

const sum = (parts, of) => parts.reduce((total, one) => total + of(one), 0);
const weight = (char) => (light.some(([first, last]) => first <= char.codePointAt(0) && char.codePointAt(0) <= last) ? 1 : 2);
const letters = (text) => sum(people(text), (one) => (pictures.test(one) || flag.test(one) ? 2 : sum([...one], weight)));

// The text in parts: what was found by a pattern, and what stands between.
function apart(text, pattern, found, between) {
  let total = 0, rest = 0;
  for (const hit of text.matchAll(pattern)) {
    const length = found(hit[0]);
    if (!length) continue;
    total += between(text.slice(rest, hit.index)) + length.counts;
    rest = hit.index + length.of;
  }
  return total + between(text.slice(rest));
}

const link = (whole) => {
  const of = whole.replace(closing, "").length;
  return of > "https://".length && { counts: LINK, of };
};
const words = (text) => apart(text, bare, (whole) => ({ counts: Math.max(LINK, letters(whole)), of: whole.length }), letters);

const ways = {
  characters: (text) => [...text].length,
  bytes: (text) => new TextEncoder().encode(text).length,
  utf16: (text) => text.length,
  x: (text) => apart(text.normalize("NFC"), links, link, words),
  mastodon: (text) => apart(text, links, link, (part) => people(part.replace(handles, "@$1")).length),
};

export const measure = (text, way) => ways[way](text);
