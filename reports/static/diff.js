// Which words two replies do not share: spans of each, by a longest common subsequence of words.
const MAX_WORDS = 1500;

function words(text) {
  const found = [];
  for (const match of text.matchAll(/[\p{L}\p{N}_.,]*[\p{L}\p{N}_]|[^\s\p{L}\p{N}_]/gu)) {
    found.push({word: match[0], start: match.index, end: match.index + match[0].length});
  }
  return found;
}

// Returns [spans of a, spans of b], or null where the texts are too long to compare.
function wordDiff(textA, textB) {
  if (textA.length + textB.length > 60000) return null;
  const a = words(textA), b = words(textB);
  let head = 0;
  while (head < a.length && head < b.length && a[head].word === b[head].word) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail].word === b[b.length - 1 - tail].word) tail++;
  const n = a.length - head - tail, m = b.length - head - tail;
  if (n > MAX_WORDS || m > MAX_WORDS) return null;
  const kept = common(a.slice(head, head + n), b.slice(head, head + m));
  return [spans(a, head, n, kept[0]), spans(b, head, m, kept[1])];
}

function common(a, b) {
  const width = b.length + 1, best = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      best[i * width + j] = a[i].word === b[j].word
        ? best[(i + 1) * width + j + 1] + 1
        : Math.max(best[(i + 1) * width + j], best[i * width + j + 1]);
    }
  }
  const inA = new Set(), inB = new Set();
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i].word === b[j].word) { inA.add(i++); inB.add(j++); }
    else if (best[(i + 1) * width + j] >= best[i * width + j + 1]) i++;
    else j++;
  }
  return [inA, inB];
}

// Neighbouring changed words become one span.
function spans(list, head, n, kept) {
  const found = [];
  for (let i = 0; i < n; i++) {
    if (kept.has(i)) continue;
    const word = list[head + i], last = found[found.length - 1];
    if (last && last.next === i) { last.end = word.end; last.next = i + 1; }
    else found.push({start: word.start, end: word.end, next: i + 1});
  }
  return found;
}
