// Adds a keyboard with eight boxes over the plain field. What asks for the fee comes while the driver types (fee.js);
// where it does not come, the form is sent as it is. ES2017, Chromium 69.
{
const [step, form, input, boxes, hint, keys, other, fee, native, ticket] =
  "step ask plate boxes hint keys other fee native ticket".split(" ").map((id) => document.getElementById(id));
const P = keys.dataset.p, advice = hint.textContent;
let at = 0, letters = false, system = false, plain, timer, rest;
step.open = true;

// The grammar of lots/plates.py: a class of characters for each place; small letters stand for themselves.
const CLASSES = { P, A: "A-HJ-Z", X: "A-HJ-NP-Z0-9", D: "0-9", E: "A-HJK", N: "1-3", S: "警学挂领试超", H: "港澳", U: "A-Z0-9" };
const KINDS = "PAXXXXX PAEXDDDD PADDDDDE PAXXXXS 粤zXXXXH PNDDXX领 NDDXXX使 使NDDXXX PADDDD应急 应急PDDDA wjPDDDDX wjDDDDX AADDDDD 民航XXXXX tUUUUUUUUU"
  .split(" ").map((kind) => [...kind].map((c) => RegExp(`[${CLASSES[c] || c.toUpperCase()}]`)));
// Return the kinds of plate that can begin with this text.
const ways = step.ways = (text) => KINDS.filter((kind) => [...text].every((c, i) => kind[i] && kind[i].test(c)));

// Building
keys.innerHTML = [[...P, "使", "民航", "应急", "ABC", "⌫"], [..."1234567890QWERTYUIOPASDFGHJKL省ZXCVBNM⌫"], [..."警学挂领试超港澳使", "应急"]]
  .map((row) => `<div>${row.map((c) => `<button>${c}</button>`).join("")}</div>`).join("");
const [provinces, serial, suffixes] = keys.children, all = keys.querySelectorAll("button");
boxes.hidden = native.hidden = ticket.hidden = false;

const say = step.say = (text, name) => {
  hint.textContent = text;
  hint.className = name;
};
const draw = step.draw = () => {
  const t = input.value;
  [...boxes.children].forEach((box, i) => {
    box.textContent = t[i] || "";
    box.className = i === at ? "at" : "";
  });
  plain = other.checked || t[0] === "T" || !!t[8];
  step.className = `js ${plain ? "plain" : ""} ${step.open ? "" : "asked"}`;
  keys.hidden = system || other.checked;
  provinces.hidden = letters || !ways(t.slice(0, at) + P[0])[0];
  serial.hidden = !provinces.hidden;
  suffixes.hidden = at < 6;
  serial.className = at === 1 ? "second" : "";
  all.forEach((key) => { key.disabled = !/ABC|省|⌫/.test(key.textContent) && !ways(t.slice(0, at) + key.textContent)[0]; });
  input.inputMode = keys.hidden ? "" : "none";
};
const load = () => {
  rest = rest || step.ask || new Promise((come) => {
    const script = document.createElement("script");
    script.onload = come;
    script.onerror = () => {
      ononline = load; // it asks what was asked for meanwhile
      come(rest = 0);
    };
    script.src = "/fee";
    step.append(script);
  });
};
const reopen = step.reopen = () => {
  step.turn = Math.random(); // unlike that of any answer on its way
  clearTimeout(timer);
  fee.textContent = "";
  say(advice, "");
  step.open = true;
  load();
};
// Ask by script. Without network say so; where the script did not run, send the form as it is.
const go = () => Promise.resolve(rest).then(() => {
  if (step.ask) step.ask();
  else if (rest) form.submit();
  else say(keys.dataset.f, "bad");
});
const put = (text, place) => {
  reopen();
  input.value = text;
  at = place;
  letters = false;
  draw();
  if (document.activeElement === input) input.setSelectionRange(at, at + 1);
  if (!other.checked && ways(text).some((kind) => kind.length === text.length))
    timer = setTimeout(go); // two events may tell of one character
};

// What the driver does
const on = (target, name, act) => target.addEventListener(name, act);
on(keys, "mousedown", (e) => e.preventDefault());
on(keys, "click", (e) => {
  const c = e.target.tagName === "BUTTON" && e.target.textContent, t = input.value;
  if (c === "⌫") put(t.slice(0, at && at - 1) + t.slice(at), at && at - 1);
  else if (c === "ABC" || c === "省") {
    letters = c !== "省";
    if (!letters) at = 0;
    draw();
  } else if (c) put((t.slice(0, at) + c + t.slice(at + c.length)).slice(0, 10), at + c.length);
});
const typed = (e) => {
  reopen();
  if (other.checked || e.isComposing) return draw(); // half a word of an input method: shown, and left alone
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
    at = Math.min(8 * e.offsetX / input.offsetWidth | 0, input.value.length, 7);
    input.setSelectionRange(at, at + 1);
  }
  draw();
});
const edited = step.edited = () => {
  at = Math.min(input.value.length, 7);
  draw();
  input.focus();
};
on(native, "click", () => {
  system = !system;
  edited();
});
on(ticket, "click", () => put("T", 1));
on(other, "change", () => {
  if (other.checked && input.value === input.defaultValue) input.value = "";
  edited();
});
on(form, "submit", (e) => {
  e.preventDefault();
  reopen();
  go();
});
at = Math.min(input.value.length, 7);
draw();
// A plate may stand behind the # of a bookmark: fee.js takes it from there.
if (location.hash) load();
}
