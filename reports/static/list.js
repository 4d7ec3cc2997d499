// The list of questions: which are shown, in what order, and drawn only as far as it is scrolled.
const CHUNK = 150;
const SORTS = {
  telling: "changed first", id: "by id", long: "longest first", length: "length change",
};

function replyLength(question) {
  return question.s.flat().reduce((sum, completion) => sum + completion.x.length, 0);
}

function lengthChange(question) {
  const [a, b] = question.s.map((side) => (side[0] ? side[0].x.length : 0));
  return b === undefined ? 0 : Math.abs(a - b);
}

const RANK = {broken: 0, fixed: 1, wrong: 0, right: 2};
const ORDERS = {
  telling: (a, b) => (RANK[a.k] ?? 3) - (RANK[b.k] ?? 3) || b.f.includes("invalid") - a.f.includes("invalid") || a.len - b.len,
  id: (a, b) => a.i - b.i,
  long: (a, b) => b.len - a.len,
  length: (a, b) => lengthChange(b) - lengthChange(a),
};

function prepare(questions) {
  questions.forEach((question, i) => {
    question.i = i;
    question.len = replyLength(question);
  });
}

// What a search looks in; made once, while the browser has nothing else to do, so that the first search is not slow.
function searched(question) {
  return question.low ??= [question.id, question.q, question.t, ...question.s.flat().flatMap((c) => [c.a || "", c.x])].join("\n").toLowerCase();
}

function prepareSearch(questions, from = 0) {
  if (from >= questions.length || !window.requestIdleCallback) return;
  requestIdleCallback((idle) => {
    let next = from;
    do searched(questions[next++]); while (next < questions.length && idle.timeRemaining() > 1);
    prepareSearch(questions, next);
  });
}

// The words of a search all have to be there.
function matches(question, terms) {
  return terms.every((term) => searched(question).includes(term));
}

function chosen(questions, {show, has, find, sort}) {
  const terms = (find || "").toLowerCase().split(/\s+/).filter(Boolean);
  const flags = (has || "").split(",").filter(Boolean);
  const kept = questions.filter((question) =>
    (!show || question.k === show) && flags.every((flag) => question.f.includes(flag)) && (!terms.length || matches(question, terms)));
  return kept.sort(ORDERS[sort] || ORDERS.telling);
}

const MARKS = {correct: ["✓", "good"], wrong: ["✗", "bad"]};

function row(question, hashOf) {
  const marks = question.s.map((side) => {
    const right = side.filter((completion) => completion.o === "correct").length;
    if (side.length > 1) return make("span", {class: right * 2 >= side.length ? "good" : "bad"}, right + "/" + side.length);
    const [sign, name] = MARKS[side[0] && side[0].o] || ["–", "dim"];
    return make("span", {class: name}, sign);
  });
  return make("li", {}, make("a", {href: hashOf(question.id), "data-id": question.id},
    make("span", {class: "marks", "aria-hidden": "true"}, marks), make("span", {class: "id"}, question.id, make("span", {class: "vh"}, ", " + (KINDS[question.k] || question.k) + ": ")), make("span", {class: "ask"}, question.q.slice(0, 90))));
}

class List {
  constructor(element, hashOf) {
    this.element = element;
    this.hashOf = hashOf;
    this.items = [];
    this.drawn = 0;
    element.addEventListener("scroll", () => {
      if (element.scrollTop + element.clientHeight > element.scrollHeight - 600) this.draw(CHUNK);
    }, {passive: true});
  }

  fill(items) {
    this.items = items;
    this.drawn = 0;
    this.element.replaceChildren();
    this.element.scrollTop = 0;
    if (!items.length) this.element.append(make("li", {class: "empty"}, "No question fits."));
    this.draw(CHUNK);
  }

  draw(n) {
    const until = Math.min(this.drawn + n, this.items.length);
    const rows = document.createDocumentFragment();
    for (; this.drawn < until; this.drawn++) rows.append(row(this.items[this.drawn], this.hashOf));
    this.element.append(rows);
  }

  mark(id) {
    for (const old of this.element.querySelectorAll("[aria-current]")) old.removeAttribute("aria-current");
    const at = this.items.findIndex((question) => question.id === id);
    if (at < 0) return;
    if (at >= this.drawn) this.draw(at - this.drawn + CHUNK);
    const link = this.element.children[at].firstChild;
    link.setAttribute("aria-current", "true");
    const top = link.offsetTop, bottom = top + link.offsetHeight;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (bottom > this.element.scrollTop + this.element.clientHeight) this.element.scrollTop = bottom - this.element.clientHeight;
  }
}
