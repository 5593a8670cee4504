// Asks for the fee, shows it in the same page, and pays. It comes while the driver types, and with each page that shows a fee.
(() => {
"use strict";
const [step, form, input, fee, keys, hint, other] = "step ask plate fee keys hint other".split(" ").map((id) => document.getElementById(id));
// With the credentials of a page, which are none: without, the browser opens another connection, two round trips.
const send = (to, body, seconds) => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), seconds * 1000);
  return fetch(to, { method: "POST", body, signal: stop.signal });
};
let timer;

// A proof of work (driver/proof_of_work.py): for each of 16 puzzles the first n for which SHA-256(seed, puzzle, n) begins
// with so many zero bits. In slices, so that the page stays alive; no worker, which would need a wider policy.
const K = [], H = [], W = new Int32Array(64);
for (let n = 2; K.length < 64; n++) {
  let d = 2;
  while (n % d) d++;
  if (d < n) continue;
  if (!H[7]) H.push((n ** 0.5 * 2 ** 32) | 0);
  K.push((n ** (1 / 3) * 2 ** 32) | 0);
}
const turn = (x, n) => (x >>> n) | (x << (32 - n));
const first = (seed, puzzle, n) => { // the first word of the hash of 40 bytes, which are one block
  W.set(seed);
  W[8] = puzzle;
  W[9] = n;
  W[10] = 1 << 31;
  W.fill(0, 11, 15);
  W[15] = 320;
  for (let i = 16; i < 64; i++) {
    const x = W[i - 15], y = W[i - 2];
    W[i] = W[i - 16] + W[i - 7] + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10));
  }
  let [a, b, c, d, e, f, g, h] = H;
  for (let i = 0; i < 64; i++) {
    const t = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
    const u = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t) | 0; d = c; c = b; b = a; a = (t + u) | 0;
  }
  return (a + H[0]) >>> 0;
};
// Lead on with the answers, or without them once the wait is over; stop when the part has left the page.
const prove = (task, on) => {
  const { proof, seed, zeros, wait } = task.dataset, begun = Date.now(), bar = task.querySelector("progress");
  const words = seed.match(/.{8}/g).map((word) => parseInt(word, 16) | 0), limit = 2 ** (32 - zeros), found = [];
  let n = 0;
  bar.hidden = false;
  task.querySelector(".hand").hidden = task.querySelector(".late").hidden = true;
  const slice = () => {
    if (!task.isConnected) return;
    if (wait && Date.now() - begun > (+wait + 1) * 1000) return on(proof);
    for (const end = Date.now() + 40; found.length < 16 && Date.now() < end;) {
      for (let i = 0; i < 256 && found.length < 16; i++, n++) {
        if (first(words, found.length, n) < limit) {
          found.push(n);
          n = -1;
        }
      }
    }
    bar.value = found.length;
    if (found.length < 16) setTimeout(slice);
    else on([proof, ...found].join("."));
  };
  slice();
};

// Lead the buttons of a fee to the cashier; the page stays while there is no network.
const payable = (due) => {
  const pay = due.querySelector(".pay"), save = due.querySelector(".save"), shown = performance.now();
  let sending = false, pressed;
  if (fee.contains(due)) {
    document.querySelectorAll("[data-left]").forEach((old) => old === due || old.remove());
    scrollTo(0, 0);
    const first = due.querySelector(".go");
    if (first) first.scrollIntoView({ block: "nearest" }); // large text: the button counts more than the lot's name
    save.hidden = false;
    // No browser sends what stands behind the #.
    save.addEventListener("toggle", () => save.open && history.replaceState(null, "", `${form.action}#${other.checked ? "~" : ""}${input.value}`));
  }
  if (!pay) return;
  const again = () => {
    sending = false;
    if (pressed) pressed.classList.remove("on");
  };
  pay.addEventListener("click", (e) => { pressed = e.target.closest("button") || pressed; });
  pay.addEventListener("submit", (e) => {
    e.preventDefault();
    if (sending) return;
    sending = true;
    pressed = pressed || pay.querySelector("button");
    pressed.classList.add("on");
    const body = new URLSearchParams(new FormData(pay));
    body.append(pressed.name, pressed.value);
    body.append("part", 1);
    if (fee.contains(due)) body.append("ms", [shown, performance.now() - shown].map(Math.round));
    send(pay.action, body, 20).then((r) => {
      const cashier = r.headers.get("X-Cashier");
      if (cashier) location.href = cashier;
      else {
        // Anything but a plain way to the cashier is a page of its own. Sending it twice starts one payment.
        pay.insertAdjacentHTML("beforeend", `<input type="hidden" name=${pressed.name} value="${pressed.value}">`);
        pay.submit();
      }
      setTimeout(again, 8000);
    }).catch(() => {
      again();
      if (!pay.querySelector(".bad")) pay.insertAdjacentHTML("afterbegin", `<p class="bad" role="alert">${pay.dataset.f}</p>`);
    });
  });
  addEventListener("pageshow", again);
};
document.querySelectorAll("[data-left]").forEach(payable);
document.querySelectorAll("[data-proof]").forEach((task) => prove(task, (proof) => {
  const answer = task.querySelector("form");
  answer.elements.proof.value = proof;
  answer.submit();
}));
if (!step) return;

const note = document.querySelector("main > .note"); // what entering the plate will do
let here = ""; // the address of the fee that is shown
step.turn = 0; // on a page with a fee nothing was typed yet
for (const row of [...keys.children].slice(0, 2)) row.lastChild.setAttribute("aria-label", keys.dataset.d);
step.ask = (proof) => {
  clearTimeout(timer);
  const text = input.value, mine = ++step.turn;
  if (!text) return;
  step.say(keys.dataset.w, "");
  // A ticket behind the province that the field offers may look like a plate on the way: 沪TQF631, then ACSB.
  const more = step.open && (text[1] === "T" || step.ways(text).some((kind) => kind.length > text.length));
  const body = new URLSearchParams(new FormData(form));
  body.append("part", 1);
  if (proof) body.append("proof", proof);
  const show = (html, address) => {
    if (mine !== step.turn) return;
    fee.innerHTML = html;
    const task = fee.querySelector("[data-proof]"), due = fee.querySelector("[data-left]"), bad = fee.querySelector(".bad"), title = fee.querySelector("h2");
    // A failure is no reason to type on: its card has the phone number, below the keyboard.
    step.open = bad || (more && !due && !fee.querySelector("#retry"));
    if (step.open) step.say((bad || title).textContent, bad ? "bad" : "");
    const typing = document.activeElement === input, edit = fee.querySelector("#edit");
    step.draw();
    // The field goes: who types on a keyboard goes on from the fee, and not from the head of the page.
    if (typing && !step.open && edit) edit.focus({ preventScroll: true });
    if (task) prove(task, (proof) => mine === step.turn && step.ask(proof));
    here = due && address;
    if (note) note.hidden = !step.open;
    if (!due) return;
    if (address) history.replaceState(null, "", address);
    payable(due);
    timer = setTimeout(() => mine === step.turn && step.ask(), Math.max(5, due.dataset.left) * 1000);
  };
  send(form.action, body, 12).then((r) => r.headers.get("X-Part") ? r.text().then((html) =>
    // A green plate may still get its eighth character: the fee of its first seven is shown a little later.
    setTimeout(show, more && /^..[A-K]/.test(text) ? 700 : 0, html, r.headers.get("X-Part"))
  ) : Promise.reject()).catch(() => {
    if (mine !== step.turn) return;
    step.reopen();
    step.say(keys.dataset.f, "bad");
    step.draw();
    // The button is below the keyboard; and when the network comes back, nothing needs to be tapped.
    document.querySelector("#send .go").scrollIntoView({ block: "nearest" });
    const failed = step.turn;
    addEventListener("online", () => failed === step.turn && step.ask(), { once: true });
  });
};
fee.addEventListener("click", (e) => {
  const id = e.target.id;
  if (id !== "edit" && id !== "retry") return;
  e.preventDefault();
  if (note) note.hidden = false;
  step.reopen();
  step.edited();
  if (id === "retry") step.ask();
});
// The language links were made before the fee came: they lead to it, not to an empty field.
document.addEventListener("click", (e) => {
  const link = e.target.closest("nav a");
  if (!link || !here || step.open) return;
  e.preventDefault();
  location.href = here.replace(/\/(hant|en)$/, "") + /(\/(hant|en))?$/.exec(link.pathname)[0];
});
addEventListener("pageshow", (e) => e.persisted && !step.open && step.ask());
// It came with the network that was lost: what was asked for meanwhile is asked now. From here on `step.ask` tries again.
ononline = null;
if (hint.textContent === keys.dataset.f) step.ask();
// A bookmark of the driver's own has the plate behind its #, which no browser sends; "~" before one from overseas.
// WeChat leaves a word there too.
const mark = decodeURIComponent(location.hash.slice(1));
if (mark && input.value === input.defaultValue) {
  const fold = step.closest("details"); // behind a lane's sign
  if (mark[0] === "~") {
    other.checked = true;
    input.value = mark.slice(1);
    step.draw();
    step.ask();
  } else if (step.ways(mark)[0]) {
    input.value = mark;
    input.dispatchEvent(new Event("input"));
  } else return;
  if (fold) fold.open = true;
}
})();
