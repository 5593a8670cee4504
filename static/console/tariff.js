// The tariff editor asks the server sooner than its buttons would: while one types, and while a slider moves.
// What is priced, and how, the server says; here nothing is reckoned.
"use strict";

(() => {
  const form = document.querySelector("form[data-live]");
  const text = form.elements.namedItem("text");
  const enter = form.elements.namedItem("enter");
  const leave = form.elements.namedItem("leave");
  const stay = ["enter", "leave", "day", "kind"];
  const idle = ["text", "preset", "source", "file", "revision"];
  const fields = document.getElementById("fields");
  let asked = 0;
  let typed = 0;
  let timer = 0;

  // What is signed is what was saved: while the text is another, there is nothing to sign.
  const unsaved = () => {
    const sign = document.getElementById("sign");
    const other = text.value !== text.defaultValue;
    if (sign) sign.hidden = other;
    if (sign) document.getElementById("unsaved").hidden = !other;
  };

  // Says instead of a price why there is none: the role was taken away, or the page is from before a sign-in.
  const refused = async (answer) => {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const why = document.createElement("p");
    why.className = "notice error";
    why.setAttribute("role", "alert");
    why.textContent = page.querySelector("h1")?.textContent ?? "";
    document.getElementById("strip").replaceChildren(why);
  };

  const ask = async (act) => {
    const number = ++asked;
    const before = typed;
    const data = new FormData(form);
    data.set("act", act);
    data.delete("file");
    const answer = await fetch(form.dataset.live, { method: "POST", body: data }).catch(() => null);
    // The price shown is an old one then; console.js asks by itself only every half minute, and takes both back.
    if (!answer) document.getElementById("offline").hidden = false;
    else if (answer.redirected) document.getElementById("signed-out").hidden = false;
    else if (answer.status === 403) await refused(answer);
    if (!answer?.ok || answer.redirected || number !== asked) return;
    const reply = await answer.json();
    if (number !== asked) return;
    if (act === "shape" && before !== typed) return ask(act);  // what was typed meanwhile is not lost
    if (act !== "text" && text.value !== reply.text) text.value = reply.text;
    form.elements.namedItem("was").value = reply.was;
    unsaved();
    for (const name of ["strip", "meaning", "fields"]) {
      if (name in reply) document.getElementById(name).innerHTML = reply[name];
    }
    if (!("faults" in reply)) return;
    for (const one of fields.querySelectorAll("[data-fault]")) {
      const path = one.dataset.fault.replace(/^(way|differs):/, "");
      one.textContent = (reply.faults[path] || []).join("; ");
    }
    const shown = [...fields.querySelectorAll("[data-question]")].map((one) => one.dataset.question);
    if (shown.join() !== reply.asks.join()) reshape("shape", document.activeElement.id);
  };

  // Rows that come and go and other answers change the fields themselves; focus stays near.
  const reshape = async (act, name) => {
    clearTimeout(timer);
    fields.setAttribute("aria-busy", "true");
    fields.inert = act !== "shape";  // a row must not be typed into that is about to move
    const open = [...fields.querySelectorAll("details")].map((one) => one.open);
    try {
      await ask(act);
    } finally {
      fields.removeAttribute("aria-busy");
      fields.inert = false;
    }
    fields.querySelectorAll("details").forEach((one, index) => { one.open = open[index] || one.open; });
    const button = `button[value="${CSS.escape(act)}"]`;
    const again = name ? document.getElementById(name) : fields.querySelector(button);
    if (again) again.focus();
  };

  const soon = (act, after) => {
    clearTimeout(timer);
    timer = setTimeout(() => ask(act), after);
  };

  const clock = (minutes) => {
    const two = (number) => String(number).padStart(2, "0");
    return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  };

  const moved = (slider) => {
    const [first, last] = [Number(enter.value), Number(leave.value)];
    if (first > last) (slider === enter ? leave : enter).value = slider.value;
    for (const one of [enter, leave]) one.setAttribute("aria-valuetext", clock(Number(one.value)));
  };

  form.addEventListener("input", ({ target }) => {
    typed += 1;
    unsaved();
    if (target === enter || target === leave) moved(target);
    if (stay.includes(target.name)) soon("stay", 60);
    else if (target === text) soon("text", 500);
    else if (target.hasAttribute("data-shape")) reshape("shape", target.id);
    else if (!idle.includes(target.name)) soon("preview", 400);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=act]");
    if (!button || button.form !== form || !button.value.includes(":")) return;
    event.preventDefault();
    reshape(button.value, "");
  });

  moved(enter);
  addEventListener("pageshow", unsaved);  // going back, a browser puts in what was typed before
})();
