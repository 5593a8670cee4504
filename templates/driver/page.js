// Only adds: boxes and a keyboard over the plain field, and the fee in the same page. ES2017, Chromium 69.
(() => {
"use strict";
const $ = (id) => document.getElementById(id);
const step = $("step"), form = $("ask"), input = $("plate"), boxes = $("boxes"), keys = $("keys");
const other = $("other"), fee = $("fee"), native = $("native"), edit = $("edit");
const P = keys.dataset.p, SERIAL = "1234567890ABCDEFGHJKLMNPQRSTUVWXYZ";
let at = 0, open = true, letters = false, system = false, sending = false, turn = 0, timer, renew;
// Building
const key = (t, c) => `<button type="button" class="${c || (t.length > 1 ? "w" : "")}">${t}</button>`;
const row = (list) => `<div>${list.map((t) => key(t)).join("")}</div>`;
keys.innerHTML = row([...P, "使", "民航", "应急", "ABC"]) +
row([...SERIAL, "⌫"]) + row(["警", "学", "挂", "领", "使", "应急"]) + row(["港", "澳", "警", "学", "挂"]) +
row([keys.dataset.t]);
const [provinces, serial, suffixes, border, unplated] = keys.children;
const zero = serial.children[9], erase = serial.lastChild, abc = provinces.lastChild;
erase.className = "x";
abc.className = "x w";
erase.setAttribute("aria-label", keys.dataset.d);
boxes.innerHTML = "<i></i>".repeat(8);
boxes.lastChild.dataset.n = boxes.dataset.n;
step.classList.add("js");
boxes.hidden = native.hidden = edit.hidden = false;
const draw = () => {
  const t = input.value, home = P.includes(t[0] || "-");
  [...boxes.children].forEach((box, i) => {
    box.textContent = t[i] || "";
    box.className = open && i === at ? "at" : "";
  });
  boxes.classList.toggle("green", t.length > 7);
  step.classList.toggle("plain", other.checked || t[0] === "T" || t.length > 8);
  keys.hidden = !open || system || other.checked;
  edit.hidden = !step.classList.contains("asked");
  const first = !letters && (at === 0 || (at === 2 && /^(WJ|应急)/.test(t)));
  provinces.hidden = !first;
  serial.hidden = first;
  suffixes.hidden = first || at < 6 || t.startsWith("粤Z");
  border.hidden = first || at < 6 || !t.startsWith("粤Z");
  unplated.hidden = at > 1;
  zero.textContent = at === 1 && home ? "O" : "0";
  [...serial.children].slice(3, 9).forEach((b) => { b.disabled = at === 1 && home; });
  if (system || other.checked) input.removeAttribute("inputmode");
  else input.setAttribute("inputmode", "none");
};
// How long to wait before asking: none while incomplete, longer where a green plate may go on.
const pause = (t) => {
  if (other.checked) return 0;
  if (t.length === 8 && (P.includes(t[0]) || /^[WT]/.test(t)) && t[0] !== "T") return 150;
  if (/^T.{9}$/.test(t)) return 150;
  if (t.length !== 7 || !(P.includes(t[0]) || t.includes("使"))) return 0;
  return /^.[A-Z][A-HJK].\d{3}$/.test(t) ? 1500 : 250;
};
const plan = () => {
  clearTimeout(timer);
  const ms = pause(input.value);
  if (ms) timer = setTimeout(ask, ms);
};
const reopen = () => {
  turn++;
  clearTimeout(timer);
  clearTimeout(renew);
  step.classList.remove("asked");
  fee.textContent = "";
  open = true;
};
const put = (text, place) => {
  input.value = text;
  at = place;
  letters = false;
  draw();
  if (document.activeElement === input) input.setSelectionRange(at, at + 1);
  plan();
};
const say = (text, name) => {
  const p = document.createElement("p");
  p.className = name;
  p.textContent = text;
  fee.textContent = "";
  fee.appendChild(p);
};
const ask = () => {
  clearTimeout(timer);
  clearTimeout(renew);
  if (sending || !input.value) return;
  const mine = ++turn, stop = new AbortController(), limit = setTimeout(() => stop.abort(), 12000);
  open = false;
  step.classList.add("asked");
  draw();
  if (!fee.querySelector("[data-left]")) say(keys.dataset.w, "wait");
  fetch(form.action, {
    method: "POST", credentials: "omit", redirect: "error", signal: stop.signal,
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: `part=1&plate=${encodeURIComponent(input.value)}${other.checked ? "&other=1" : ""}`,
  }).then((r) => {
    if (!r.headers.get("X-Part")) throw r;
    return r.text().then((html) => {
      if (mine !== turn) return;
      if (r.status === 422 || r.status === 400) reopen();
      fee.innerHTML = html;
      draw();
      const found = fee.querySelector("[data-left]");
      if (found) renew = setTimeout(ask, Math.max(5, found.dataset.left) * 1000);
    });
  }).catch(() => {
    if (mine !== turn) return;
    reopen();
    say(keys.dataset.f, "bad");
    draw();
  }).then(() => clearTimeout(limit));
};
// What the driver does
keys.addEventListener("mousedown", (e) => e.preventDefault());
keys.addEventListener("click", (e) => {
  const b = e.target.closest("button");
  if (!b) return;
  const t = input.value, c = b.textContent;
  if (b === abc) {
    letters = true;
    draw();
  } else if (b.parentNode === unplated) {
    put("T", 1);
  } else if (b === erase) {
    if (at) put(t.slice(0, at - 1) + t.slice(at), at - 1);
    else { letters = false; draw(); }
  } else {
    if (at > 7 && t[0] !== "T") return;
    const next = (t.slice(0, at) + c + t.slice(at + c.length)).slice(0, 10);
    put(next, next.length);
  }
});
const typed = (e) => {
  if (e.isComposing) return;
  if (step.classList.contains("asked")) reopen();
  if (other.checked) return;
  const t = input.value.normalize("NFKC").toUpperCase().replace(/[\s·•.\-_]/g, "");
  const spare = P.includes(t[0] || "-") && (P.includes(t[1] || "-") || /^.T.{9}$/.test(t));
  put(spare ? t.slice(1) : t, Math.min(input.selectionStart, t.length));
};
input.addEventListener("input", typed);
input.addEventListener("compositionend", typed);
// A browser that comes by Tab selects all of the field: typing would wipe out the province that it offers.
input.addEventListener("focus", () => {
  if (!other.checked && input.value === input.defaultValue) input.setSelectionRange(at, at);
});
input.addEventListener("click", (e) => {
  if (other.checked) return;
  const area = boxes.getBoundingClientRect();
  if (step.classList.contains("asked")) reopen();
  open = true;
  at = Math.max(0, Math.min(Math.floor((8 * (e.clientX - area.left)) / area.width), input.value.length, 7));
  if (area.width) input.setSelectionRange(at, at + 1);
  draw();
});
native.addEventListener("click", () => {
  system = !system;
  draw();
  input.focus();
});
edit.addEventListener("click", () => {
  reopen();
  at = Math.min(input.value.length, 7);
  draw();
  input.focus();
});
other.addEventListener("change", () => {
  if (other.checked && input.value === input.defaultValue) input.value = "";
  at = input.value.length;
  draw();
  if (other.checked) input.focus();
});
document.addEventListener("submit", (e) => {
  if (e.target === form) {
    e.preventDefault();
    ask();
  } else if (sending) {
    e.preventDefault();
  } else {
    sending = true;
    setTimeout(() => { sending = false; }, 8000);
  }
});
addEventListener("pageshow", (e) => {
  sending = false;
  if (e.persisted && step.classList.contains("asked")) ask();
});
at = Math.min(input.value.length, 7);
draw();
})();
