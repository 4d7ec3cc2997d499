// One completion as annotated text: steps, statements, the answer, faults of format, and changed words.
const SHOWN = 20000;

function traceOf(completion, name, changed) {
  const status = {correct: ["✓", "good", "right"], wrong: ["✗", "bad", "wrong"]}[completion.o] || ["–", "dim", (completion.o || "not scored").replace("_", " ")];
  const head = make("h3", {}, name, make("span", {class: status[1]}, status[0] + " " + status[2]));
  const parts = [make("span", {}, "answer "), make("b", {}, completion.a || "–")];
  if (completion.w) parts.push(" · " + completion.w);
  if (completion.n != null) parts.push(" · " + completion.n.toLocaleString("en") + " tokens");
  for (const [other, right] of Object.entries(completion.l || {})) {
    parts.push(" · " + other.replace("lm_eval_", "lm-eval ") + " " + (right ? "✓" : "✗"));
  }
  if (completion.err) parts.push(" · " + completion.err);
  const sum = make("p", {class: "sum"}, parts);
  const reply = make("div", {class: "reply", lang: ""});
  if (completion.x.trim()) annotate(reply, completion, changed, SHOWN);
  else reply.append(make("span", {class: "blank"}, completion.x ? "Only " + completion.x.length.toLocaleString("en") + " blank characters." : "An empty reply."));
  return make("section", {class: "trace", "aria-label": name}, head, sum, reply, faultsOf(completion), stepsOf(completion));
}

function annotate(reply, completion, changed, limit) {
  const text = completion.x.slice(0, limit);
  reply.replaceChildren(annotated(text, rangesOf(completion, changed), notesOf(completion)));
  if (completion.x.length > limit) {
    const more = make("button", {type: "button"}, "Show all " + completion.x.length.toLocaleString("en") + " characters");
    more.addEventListener("click", () => annotate(reply, completion, changed, Infinity));
    reply.append("… ", more);
  }
}

// Ranges carry a class over [start, end); the text is cut wherever one starts or ends.
function rangesOf(completion, changed) {
  const ranges = (changed || []).map(({start, end}) => ({start, end, class: "changed"}));
  if (completion.p) ranges.push({start: 0, end: completion.p, class: "prefill", title: "given in the prompt"});
  for (const [, , , statements] of completion.v || []) {
    for (const [start, end, verdict, left, right, reason] of statements) {
      ranges.push({start, end, class: "st-" + verdict, title: said(verdict, left, right, reason)});
    }
  }
  for (const [name, start, end, why] of completion.b || []) {
    if (end > start) ranges.push({start, end, class: "fault", title: name + ": " + why});
  }
  if (completion.at) ranges.push({start: completion.at[0], end: completion.at[1], answer: true, title: completion.w});
  return ranges;
}

// Notes stand in the text at one place: step tags before it, remarks after it.
function notesOf(completion) {
  const notes = [];
  (completion.v || []).forEach(([start, , verdict, statements], i) => {
    const first = completion.fe === i ? " first error" : "";
    const title = "step " + (i + 1) + ": " + VERDICTS[verdict];
    notes.push({at: start, order: 2, node: () => make("span", {class: "tag " + verdict, title}, (i + 1) + " " + SIGNS[verdict] + first)});
    for (const [, end, flaw, left, right] of statements) {
      if (flaw === "i" || flaw === "s") notes.push({at: end, order: 0, node: () => make("span", {class: "aside"}, recomputed(left, right))});
    }
  });
  if (completion.at) {
    notes.push({at: completion.at[1], order: 1, node: () => make("span", {class: "aside rule"}, completion.w || "answer")});
  }
  for (const [name, start, , why] of completion.b || []) {
    notes.push({at: start, order: 1, node: () => make("span", {class: "aside", title: why}, "⚑ " + name.replaceAll("_", " "))});
  }
  return notes.sort((a, b) => a.at - b.at || a.order - b.order);
}

const recomputed = (left, right) => left && right ? "⟵ " + left + " ≠ " + right : left ? "⟵ " + left : "⟵ check";
const said = (verdict, left, right, reason) =>
  VERDICTS[verdict] + (reason ? " (" + reason + ")" : "") + (left ? ": recomputed " + left : "") + (right && right !== left ? " against " + right : "");

function annotated(text, ranges, notes) {
  const cuts = new Set([0, text.length]);
  for (const {start, end} of ranges) { cuts.add(Math.min(start, text.length)); cuts.add(Math.min(end, text.length)); }
  for (const {at} of notes) cuts.add(Math.min(at, text.length));
  const places = [...cuts].sort((a, b) => a - b);
  const opening = [...ranges].sort((a, b) => a.start - b.start);
  const whole = document.createDocumentFragment();
  let open = [], nextRange = 0, nextNote = 0;
  places.forEach((start, i) => {
    for (; nextNote < notes.length && Math.min(notes[nextNote].at, text.length) <= start; nextNote++) whole.append(notes[nextNote].node());
    const end = places[i + 1];
    if (end === undefined) return;
    for (; nextRange < opening.length && opening[nextRange].start <= start; nextRange++) open.push(opening[nextRange]);
    open = open.filter((range) => range.end > start);
    whole.append(piece(text.slice(start, end), open));
  });
  return whole;
}

function piece(text, open) {
  if (!open.length) return shown(text);
  const classes = open.map((range) => range.class).filter(Boolean).join(" ");
  const title = open.map((range) => range.title).filter(Boolean).join("\n");
  return make(open.some((range) => range.answer) ? "mark" : "span", {class: classes || false, title: title || false}, text);
}

function faultsOf(completion) {
  if (!completion.b) return null;
  return make("ul", {class: "faults"}, completion.b.map(([name, , , why]) => make("li", {}, name.replaceAll("_", " ") + ": " + why)));
}

function stepsOf(completion) {
  if (!completion.v || !completion.v.length) return null;
  const counts = {};
  for (const [, , verdict] of completion.v) counts[verdict] = (counts[verdict] || 0) + 1;
  const total = Object.entries(counts).map(([verdict, n]) => n + " " + VERDICTS[verdict]).join(", ");
  const rows = completion.v.flatMap(([, , , statements], i) => statements.map(([start, end, verdict, left, right, reason]) =>
    make("li", {}, make("span", {class: "tag " + verdict}, (i + 1) + " " + SIGNS[verdict]), completion.x.slice(start, end), make("span", {class: "dim"}, " – " + said(verdict, left, right, reason)))));
  return make("details", {}, make("summary", {}, "Steps: " + total), make("ul", {class: "steps"}, rows));
}
