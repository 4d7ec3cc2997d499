// The page: the address is the state, and everything follows it.
const FIELDS = ["show", "has", "find", "sort"];

function start(data) {
  const byId = new Map(data.questions.map((question) => [question.id, question]));
  prepare(data.questions);
  let state = {}, listed = null, current = null, compareWords = null;
  const hashOf = (id) => asHash({...Object.fromEntries(FIELDS.map((f) => [f, state[f]])), q: id});
  const go = (changes) => { location.hash = asHash({...state, ...changes}); };
  const list = new List($("list"), hashOf);
  controls(data, go, () => state);

  function follow(first) {
    const before = state;
    state = readHash();
    const key = FIELDS.map((field) => state[field] || "").join("\u0001");
    if (key !== listed) {
      listed = key;
      list.fill(chosen(data.questions, state));
      showControls(data, state, list.items.length);
    }
    const question = byId.get(state.q) || list.items[0];
    if (question !== current) show(question);
    list.mark(question && question.id);
    const asked = state.q && state.q !== before.q || (state.show || state.has) && key !== FIELDS.map((f) => before[f] || "").join("\u0001");
    if (asked && !document.activeElement.closest("#explorer")) $("questions").scrollIntoView({behavior: first ? "auto" : "smooth"});
  }

  function show(question) {
    current = question;
    const detail = $("detail");
    if (!question) { detail.replaceChildren(make("p", {class: "empty"}, "Nothing to show.")); return; }
    detail.replaceChildren(nav(question), make("p", {class: "question"}, question.q), gold(question), traces(question, 0));
  }

  function nav(question) {
    const back = make("button", {type: "button", id: "previous", title: "k or ←"}, "← previous");
    const on = make("button", {type: "button", id: "next", title: "j or →"}, "next →");
    back.addEventListener("click", () => step(-1));
    on.addEventListener("click", () => step(1));
    const parts = [make("a", {href: hashOf(question.id)}, question.id), make("span", {class: "kind " + question.k}, KINDS[question.k] || question.k)];
    if (data.sides.length === 2) {
      const toggle = make("input", {type: "checkbox", id: "words", checked: marksWords(question.s.map((side) => side[0]))});
      toggle.addEventListener("change", () => { compareWords = toggle.checked; redraw(); });
      parts.push(make("label", {}, toggle, " changed words"));
    }
    return make("div", {class: "nav"}, parts, back, on);
  }

  // Until told otherwise, words are marked where less than half of either text would be: else marks say nothing.
  function marksWords(pair) {
    if (pair.length !== 2 || !pair[0] || !pair[1]) return false;
    if (compareWords !== null) return compareWords;
    const changed = wordDiff(pair[0].x, pair[1].x);
    return changed !== null && changed.every((spans, i) => 2 * spans.reduce((n, {start, end}) => n + end - start, 0) <= pair[i].x.length);
  }

  function redraw() {
    const old = $("detail").querySelector(".traces");
    if (old) old.replaceWith(traces(current, Number(old.dataset.repeat)));
  }

  function gold(question) {
    const made = make("div", {class: "gold"}, "target ", make("b", {}, question.t));
    if (question.c) made.append(shown(" · template " + question.c));
    if (question.g) made.append(make("details", {}, make("summary", {}, "Gold reasoning"), make("pre", {}, question.g)));
    return made;
  }

  function traces(question, repeat) {
    const made = make("div", {class: "traces", "data-repeat": repeat});
    const pair = question.s.map((side) => side[Math.min(repeat, side.length - 1)]);
    const changed = marksWords(pair) ? wordDiff(pair[0].x, pair[1].x) : null;
    pair.forEach((completion, i) => {
      const name = (pair.length === 2 ? ["baseline: ", "candidate: "][i] : "") + data.sides[i];
      made.append(completion ? traceOf(completion, name, changed && changed[i]) : make("section", {class: "trace"}, make("h3", {}, name), make("p", {class: "empty"}, "No completion in this run.")));
    });
    const most = Math.max(...question.s.map((side) => side.length));
    return most > 1 ? make("div", {}, repeats(question, repeat, most), made) : made;
  }

  function repeats(question, repeat, most) {
    const select = make("select", {"aria-label": "Repeat"}, Array.from({length: most}, (_, i) => make("option", {value: i, selected: i === repeat}, "repeat " + (i + 1) + " of " + most)));
    select.addEventListener("change", () => select.parentElement.replaceWith(traces(question, Number(select.value))));
    return select;
  }

  function step(by) {
    const at = list.items.indexOf(current);
    const next = list.items[at < 0 ? 0 : Math.min(Math.max(at + by, 0), list.items.length - 1)];
    if (next && next !== current) go({q: next.id});
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    if (event.key === "j" || event.key === "ArrowRight") step(1);
    else if (event.key === "k" || event.key === "ArrowLeft") step(-1);
    else if (event.key === "/") $("find").focus();
    else return;
    event.preventDefault();
  });
  addEventListener("hashchange", () => follow(false));
  follow(true);
  document.documentElement.dataset.ready = "true";
  prepareSearch(data.questions);
}

function controls(data, go, stateOf) {
  const count = (test) => data.questions.reduce((n, question) => n + test(question), 0);
  const kinds = Object.keys(KINDS).map((kind) => [kind, count((question) => question.k === kind)]).filter(([, n]) => n);
  const chip = (name, value, label, n, press) => {
    const made = make("button", {type: "button", ["data-" + name]: value, "aria-pressed": "false"}, label + " " + n.toLocaleString("en"));
    made.addEventListener("click", press);
    return made;
  };
  $("kinds").append(chip("show", "", "all", data.questions.length, () => go({show: "", q: ""})),
    ...kinds.map(([kind, n]) => chip("show", kind, KINDS[kind], n, () => go({show: stateOf().show === kind ? "" : kind, q: ""}))));
  for (const [flag, label] of Object.entries(FLAGS)) {
    const n = count((question) => question.f.includes(flag));
    if (n) $("flags").append(chip("has", flag, label, n, () => go({has: toggled(stateOf().has, flag), q: ""})));
  }
  if (data.sides.length === 2 && $("flags").firstChild) $("flags").prepend(make("span", {class: "dim"}, "in either run:"));
  const sorts = Object.entries(SORTS).filter(([name]) => name !== "length" || data.sides.length === 2);
  const first = data.sides.length === 2 ? SORTS.telling : "wrong first";
  $("sort").append(...sorts.map(([name, label]) => make("option", {value: name}, name === "telling" ? first : label)));
  $("sort").addEventListener("change", () => go({sort: $("sort").value === "telling" ? "" : $("sort").value}));
  let waiting = 0;
  $("find").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => go({find: $("find").value.trim(), q: ""}), 120);
  });
}

function toggled(flags, flag) {
  const set = new Set((flags || "").split(",").filter(Boolean));
  if (!set.delete(flag)) set.add(flag);
  return [...set].join(",");
}

function showControls(data, state, n) {
  const flags = (state.has || "").split(",");
  for (const made of document.querySelectorAll("#kinds button")) made.setAttribute("aria-pressed", String((state.show || "") === made.dataset.show));
  for (const made of document.querySelectorAll("#flags button")) made.setAttribute("aria-pressed", String(flags.includes(made.dataset.has)));
  for (const cell of document.querySelectorAll("a.cell")) {
    if (cell.dataset.show === state.show) cell.setAttribute("aria-current", "true");
    else cell.removeAttribute("aria-current");
  }
  $("sort").value = SORTS[state.sort] ? state.sort : "telling";
  if (document.activeElement !== $("find")) $("find").value = state.find || "";
  $("count").textContent = n.toLocaleString("en") + " of " + data.questions.length.toLocaleString("en");
}

document.documentElement.classList.add("scripted");
readData().then(start);
