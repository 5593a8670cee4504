// The page of a payment. Pending: ask every 2 s for half a minute, then every 5 s, for five minutes. Paid: count down.
// Off line it stays, says so, and lets the driver tap again.
(() => {
"use strict";
const [late, on, left, off] = "late on left off".split(" ").map((id) => document.getElementById(id));
const start = Date.now(), state = location.pathname.split("/").slice(0, 3).join("/") + "/state";
const ask = () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 10000);
  return fetch(state, { cache: "no-store", signal: stop.signal }).then((r) => {
    off.hidden = true;
    return r;
  }, (failure) => {
    off.hidden = false;
    throw failure;
  });
};
// A form sent without network would leave an error page of the browser's.
let pressed, sending = false;
const again = () => {
  sending = false;
  if (pressed) pressed.classList.remove("on");
};
const wait = () => ask().catch(() => setTimeout(wait, 5000));
document.addEventListener("click", (e) => { pressed = e.target.closest("button") || pressed; });
document.addEventListener("submit", (e) => {
  e.preventDefault();
  if (sending) return;
  sending = true;
  if (pressed) pressed.classList.add("on");
  ask().then(() => {
    if (pressed && pressed.name) e.target.insertAdjacentHTML("beforeend", `<input type="hidden" name="${pressed.name}" value="${pressed.value}">`);
    e.target.submit();
    setTimeout(again, 8000);
  }, () => {
    again();
    setTimeout(wait, 5000);
  });
});
addEventListener("pageshow", again);
// A car park is often without network: the page with the receipt code stays until the server answers.
const renew = () => ask().then((r) => r.ok ? location.reload() : Promise.reject()).catch(() => setTimeout(renew, 5000));
if (left) {
  const clock = left.querySelector("b"), end = start + 1000 * left.dataset.s;
  const tick = () => {
    const seconds = Math.max(0, Math.round((end - Date.now()) / 1000));
    clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (!seconds) renew();
    else setTimeout(tick, 1000);
  };
  left.hidden = false;
  tick();
  return;
}
if (!on) return;
let timer;
const look = () => {
  clearTimeout(timer);
  ask().then((r) => r.json())
    .then((answer) => answer.state !== "pending" && location.reload())
    .catch(() => {})
    .then(() => {
      const age = Date.now() - start;
      if (age > 30000) late.hidden = false;
      if (age < 300000) timer = setTimeout(look, age < 30000 ? 2000 : 5000);
    });
};
document.addEventListener("visibilitychange", () => document.hidden || look());
addEventListener("pageshow", (e) => e.persisted && look());
timer = setTimeout(look, 1000);
// Whoever comes back without having paid goes on from here; who has paid is sent on by then.
setTimeout(() => { on.hidden = false; }, 3000);
})();
