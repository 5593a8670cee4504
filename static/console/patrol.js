// The patrol: the camera reads signs by itself where the browser can; else a photo is sent to the server.
// Without this script the form takes photos.
"use strict";

(() => {
  const view = document.getElementById("view");
  const PAUSE = 300; // milliseconds between two looks
  const SAME = 4000; // milliseconds for which one code is not sent again
  const last = { text: "", at: 0 };

  const show = (html) => {
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("round");
    const chosen = document.getElementById("id_near").value;
    if (!fresh) return;
    document.getElementById("round").replaceWith(document.importNode(fresh, true));
    document.getElementById("id_near").value = chosen;
    ready();
  };

  const send = async (form) => {
    const answer = await fetch(location.pathname, { method: "POST", body: new FormData(form), redirect: "error" });
    if (answer.status === 200 || answer.status === 422) show(await answer.text());
    navigator.vibrate?.(document.querySelector("#round .bad") ? [200, 100, 200] : 80);
  };

  const look = async (detector) => {
    if (!document.hidden && view.readyState >= 2) {
      const found = await detector.detect(view).catch(() => []);
      const text = found[0]?.rawValue ?? "";
      if (text && (text !== last.text || Date.now() - last.at > SAME)) {
        Object.assign(last, { text, at: Date.now() });
        const form = document.getElementById("scan");
        form.elements.text.value = text;
        await send(form).catch(() => {});
      }
    }
    setTimeout(() => look(detector), PAUSE);
  };

  // A photo is checked as soon as it is taken.
  const ready = () => {
    const form = document.getElementById("scan");
    form.elements.photo.addEventListener("change", () => form.requestSubmit());
  };

  const begin = async () => {
    const formats = await window.BarcodeDetector?.getSupportedFormats?.();
    if (!formats?.includes("qr_code") || !navigator.mediaDevices) return;
    view.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    await view.play();
    document.getElementById("camera").hidden = false;
    look(new BarcodeDetector({ formats: ["qr_code"] }));
  };

  ready();
  begin().catch(() => {});
})();
