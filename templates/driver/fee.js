// Asks for the fee, shows it in the same page, and pays. It comes while the driver types, and with each page that shows a fee.
(() => {
"use strict";
const [step, form, input, fee, keys] = "step ask plate fee keys".split(" ").map((id) => document.getElementById(id));
const send = (to, body, signal) => fetch(to, { method: "POST", credentials: "omit", body, signal });
let timer;

// Lead the buttons of a fee to the cashier; the page stays while there is no network.
const payable = (due) => {
  const pay = due.querySelector(".pay"), save = due.querySelector(".save"), shown = performance.now();
  let sending = false, pressed;
  if (fee.contains(due)) {
    document.querySelectorAll("[data-left]").forEach((old) => old === due || old.remove());
    scrollTo(0, 0);
    save.hidden = false;
    // No browser sends what stands behind the #.
    save.addEventListener("toggle", () => save.open && history.replaceState(null, "", `${form.action}#${input.value}`));
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
    if (fee.contains(due)) body.append("ms", [shown, performance.now() - shown].map(Math.round));
    send(pay.action, body).then((r) => {
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
if (!step) return;

step.ask = () => {
  clearTimeout(timer);
  const text = input.value, mine = ++step.turn, stop = new AbortController();
  if (!text) return;
  setTimeout(() => stop.abort(), 12000);
  step.say(keys.dataset.w, "");
  const more = step.open && step.ways(text).some((kind) => kind.length > text.length);
  const body = new URLSearchParams(new FormData(form));
  body.append("part", 1);
  const show = (html, address) => {
    if (mine !== step.turn) return;
    fee.innerHTML = html;
    const due = fee.querySelector("[data-left]"), bad = fee.querySelector(".bad"), title = fee.querySelector("h2");
    step.open = bad || (more && !due);
    if (step.open) step.say((bad || title).textContent, bad ? "bad" : "");
    step.draw();
    if (!due) return;
    if (address) history.replaceState(null, "", address);
    payable(due);
    timer = setTimeout(() => mine === step.turn && step.ask(), Math.max(5, due.dataset.left) * 1000);
  };
  send(form.action, body, stop.signal).then((r) => r.headers.get("X-Part") ? r.text().then((html) =>
    // A green plate may still get its eighth character: the fee of its first seven is shown a little later.
    setTimeout(show, more && /^..[A-K]/.test(text) ? 700 : 0, html, r.headers.get("X-Part"))
  ) : Promise.reject()).catch(() => {
    if (mine !== step.turn) return;
    step.reopen();
    step.say(keys.dataset.f, "bad");
    step.draw();
  });
};
fee.addEventListener("click", (e) => {
  const id = e.target.id;
  if (id !== "edit" && id !== "retry") return;
  e.preventDefault();
  step.reopen();
  step.edited();
  if (id === "retry") step.ask();
});
addEventListener("pageshow", (e) => e.persisted && !step.open && step.ask());
})();
