// The questions of the page, and what the address says of them.
const VERDICTS = {v: "valid", i: "invalid", p: "imprecise", s: "suspicious", u: "unchecked"};
const SIGNS = {v: "✓", i: "✗", p: "≈", s: "?", u: "·"};
const KINDS = {
  fixed: "fixed", broken: "broken", both_right: "both right", both_wrong: "both wrong",
  right: "right", wrong: "wrong", unpaired: "left out", unscored: "not scored", both_unscored: "not scored",
};
const FLAGS = {
  invalid: "invalid step", structure: "format broken", truncated: "truncated", no_answer: "no answer",
  disagree: "scorers disagree", overlap: "in training data",
};
const $ = (id) => document.getElementById(id);

async function readData() {
  const bytes = Uint8Array.from(atob($("data").textContent.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
}

// Every element is made here and takes text only: nothing the model wrote is ever read as markup.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  for (const child of children.flat()) {
    if (child != null && child !== false) element.append(typeof child === "string" ? shown(child) : child);
  }
  return element;
}

// Four line ends or more in a row are said, not drawn: a reply that loops in them would be a screen of nothing.
const HIDDEN = /(\n{4,}|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff])/;

// Text as nodes, with long gaps, controls, bidi marks and zero-width characters as signs.
function shown(text) {
  if (!HIDDEN.test(text)) return document.createTextNode(text);
  const whole = document.createDocumentFragment();
  text.split(HIDDEN).forEach((part, i) => {
    if (!part) return;
    if (i % 2 === 0) { whole.append(part); return; }
    const sign = document.createElement("span");
    sign.className = "ctl";
    if (part.length > 1) { sign.textContent = part.length + " line ends"; whole.append("\n", sign, "\n"); return; }
    sign.textContent = "U+" + part.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    whole.append(sign);
  });
  return whole;
}

function readHash() {
  const found = {};
  for (const part of location.hash.slice(1).split("&")) {
    const cut = part.indexOf("=");
    if (cut < 1) continue;
    try { found[part.slice(0, cut)] = decodeURIComponent(part.slice(cut + 1)); } catch { /* not ours */ }
  }
  return found;
}

function asHash(state) {
  const parts = Object.entries(state).filter(([, value]) => value);
  return "#" + parts.map(([name, value]) => name + "=" + encodeURIComponent(value).replaceAll("%2F", "/").replaceAll("%2C", ",")).join("&");
}
