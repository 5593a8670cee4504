// Only adds: boxes and a keyboard over the plain field, and the fee in the same page. ES2017, Chromium 69.
(() => {
"use strict";
const [step, form, input, boxes, keys, other, fee, native, edit] =
  "step ask plate boxes keys other fee native edit".split(" ").map((id) => document.getElementById(id));
const { p: P, t: ticket, d: erasing, w: waiting, f: failed } = keys.dataset;
let at = 0, open = 1, turn = 0, letters, system, sending, plain, timer;
// Building
const row = (...list) =>
  `<div>${list.map((t) => `<button type="button" class="${t[1] ? "w" : ""}">${t}</button>`).join("")}</div>`;
keys.innerHTML = row(...P, "使", "民航", "应急", "ABC") + row(..."1234567890ABCDEFGHJKLMNPQRSTUVWXYZ⌫") +
  row("警", "学", "挂", "领", "港", "澳", "应急") + row(ticket);
const [provinces, serial, suffixes, unplated] = keys.children;
const digits = [...serial.children].slice(3, 10), erase = serial.lastChild, abc = provinces.lastChild;
erase.className = "x";
abc.className = "w x";
erase.setAttribute("aria-label", erasing);
boxes.innerHTML = "<i></i>".repeat(8);
boxes.lastChild.dataset.n = boxes.dataset.n;
step.className = "js";
boxes.hidden = native.hidden = edit.hidden = false;
const draw = () => {
  const t = input.value, agency = at === 1 && P.includes(t[0]);
  [...boxes.children].forEach((box, i) => {
    box.textContent = t[i] || "";
    box.className = open && i === at ? "at" : "";
  });
  boxes.className = t[7] ? "green" : "";
  plain = other.checked || t[0] === "T" || !!t[8];
  step.classList.toggle("plain", plain);
  step.classList.toggle("asked", !open);
  keys.hidden = system || other.checked;
  edit.hidden = open;
  provinces.hidden = letters || !(at === 0 || (at === 2 && /^(WJ|应急)/.test(t)));
  serial.hidden = !provinces.hidden;
  suffixes.hidden = at < 6;
  unplated.hidden = at > 1;
  digits.forEach((key) => { key.disabled = agency; });
  digits[6].textContent = agency ? "O" : "0";
  digits[6].disabled = false;
  input.inputMode = keys.hidden ? "" : "none";
};
// How long to wait before asking: for ever while incomplete, longer where a green plate may go on.
const pause = (t) => {
  if (/^(T.{9}|[^T].{7})$/.test(t)) return 150;
  if (/^.[A-Z][A-HJK].\d{3}$/.test(t)) return 1500;
  return /^([^\w].{6}|.{6}使)$/.test(t) ? 250 : 0;
};
const reopen = () => {
  turn++;
  clearTimeout(timer);
  fee.innerHTML = "";
  open = 1;
};
const put = (text, place) => {
  reopen();
  input.value = text;
  at = place;
  letters = 0;
  draw();
  if (document.activeElement === input) input.setSelectionRange(at, at + 1);
  const ms = other.checked ? 0 : pause(text);
  if (ms) timer = setTimeout(ask, ms);
};
const say = (text, name) => { fee.innerHTML = `<p class="${name}">${text}</p>`; };
const ask = () => {
  clearTimeout(timer);
  if (sending || !input.value) return;
  const mine = ++turn, stop = new AbortController();
  setTimeout(() => stop.abort(), 12000);
  open = 0;
  draw();
  if (!fee.querySelector("[data-left]")) say(waiting, "wait");
  const body = new URLSearchParams(new FormData(form));
  body.append("part", 1);
  fetch(form.action, { method: "POST", credentials: "omit", signal: stop.signal, body }).then((r) => (r.at = r.headers.get("X-Part")) ? r.text().then((html) => {
    if (mine !== turn) return;
    fee.innerHTML = html;
    history.replaceState(0, "", r.at);
    open = !!fee.querySelector(".bad");
    draw();
    const due = fee.querySelector("[data-left]");
    if (due) timer = setTimeout(ask, Math.max(5, due.dataset.left) * 1000);
  }) : Promise.reject()).catch(() => {
    if (mine !== turn) return;
    reopen();
    say(failed, "bad");
    draw();
  });
};
// What the driver does
const on = (target, name, act) => target.addEventListener(name, act);
on(keys, "mousedown", (e) => e.preventDefault());
on(keys, "click", (e) => {
  const key = e.target.closest("button"), t = input.value;
  if (!key) return;
  if (key === erase && at) put(t.slice(0, at - 1) + t.slice(at), at - 1);
  else if (key === abc || key === erase) {
    letters = key === abc;
    draw();
  } else if (key.parentNode === unplated) put("T", 1);
  else if (at < 8 || t[0] === "T") {
    const c = key.textContent, next = (t.slice(0, at) + c + t.slice(at + c.length)).slice(0, 10);
    put(next, next.length);
  }
});
const typed = (e) => {
  if (e.isComposing) return;
  if (other.checked) {
    reopen();
    return draw();
  }
  const t = input.value.normalize("NFKC").toUpperCase().replace(/[\s·•.\-_]/g, "");
  const spare = P.includes(t[0]) && (P.includes(t[1]) || /^.T.{9}$/.test(t));
  put(spare ? t.slice(1) : t, Math.min(input.selectionStart, t.length));
};
on(input, "input", typed);
on(input, "compositionend", typed);
// A browser that comes by Tab selects all of the field: typing would wipe out the province that it offers.
on(input, "focus", () => {
  if (!other.checked && input.value === input.defaultValue) input.setSelectionRange(at, at);
});
on(input, "click", (e) => {
  reopen();
  if (plain) at = input.selectionStart;
  else {
    at = Math.max(0, Math.min(Math.floor(8 * e.offsetX / input.offsetWidth), input.value.length, 7));
    input.setSelectionRange(at, at + 1);
  }
  draw();
});
const edited = () => {
  at = Math.min(input.value.length, 7);
  draw();
  input.focus();
};
on(native, "click", () => {
  system = !system;
  edited();
});
on(edit, "click", () => {
  reopen();
  edited();
});
on(other, "change", () => {
  if (other.checked && input.value === input.defaultValue) input.value = "";
  edited();
});
on(document, "submit", (e) => {
  if (e.target === form || sending) e.preventDefault();
  if (e.target === form) return ask();
  sending = 1;
  setTimeout(() => { sending = 0; }, 8000);
});
on(window, "pageshow", (e) => {
  sending = 0;
  if (e.persisted && !open) ask();
});
at = Math.min(input.value.length, 7);
draw();
})();
