// The patrol: the camera reads signs by itself. Where the browser reads no codes, the server reads its pictures.
// Without this script the form takes photos.
"use strict";

(() => {
  const camera = document.getElementById("camera");
  const view = document.getElementById("view");
  const canvas = document.createElement("canvas");
  const PAUSE = { here: 300, server: 1000 }; // milliseconds between two looks
  const GONE = 4000; // milliseconds out of view after which a code counts as a new one
  const LONG_SIDE = 1280; // pixels of a picture that the server reads
  const IDLE = 600000; // milliseconds without a new code after which the camera is switched off
  const lastSeen = new Map();
  let newAt = Date.now();

  const show = (html) => {
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("round");
    const chosen = document.getElementById("id_near").value;
    if (!fresh) return;
    document.getElementById("round").replaceWith(document.importNode(fresh, true));
    document.getElementById("id_near").value = chosen;
    ready();
  };

  const send = async (text) => {
    const body = new FormData(document.getElementById("scan"));
    body.set("text", text);
    body.delete("photo");
    const answer = await fetch(location.pathname, { method: "POST", body });
    if (answer.redirected) location.reload(); // signed out
    if (answer.status === 200 || answer.status === 422) show(await answer.text());
    navigator.vibrate?.(document.querySelector("#round .bad") ? [200, 100, 200] : 80);
  };

  const readOnServer = async () => {
    const scale = Math.min(1, LONG_SIDE / Math.max(view.videoWidth, view.videoHeight));
    canvas.width = view.videoWidth * scale;
    canvas.height = view.videoHeight * scale;
    canvas.getContext("2d").drawImage(view, 0, 0, canvas.width, canvas.height);
    const frame = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.7); });
    const body = new FormData(document.getElementById("scan"));
    body.delete("photo");
    body.set("frame", frame, "frame.jpg");
    const answer = await fetch(camera.dataset.read, { method: "POST", body });
    if (answer.redirected) location.reload();
    return answer.ok ? (await answer.json()).codes : [];
  };

  const readHere = async (detector) => (await detector.detect(view)).map((code) => code.rawValue);

  const stop = () => {
    for (const track of view.srcObject.getTracks()) track.stop();
    camera.hidden = true;
  };

  // A code that stays in view is sent once, so that what is shown about it can be read and answered.
  const look = async (detector) => {
    if (!document.hidden && view.readyState >= 2) {
      const codes = await (detector ? readHere(detector) : readOnServer()).catch(() => []);
      for (const text of codes.filter(Boolean)) {
        const isNew = Date.now() - (lastSeen.get(text) ?? -Infinity) > GONE;
        lastSeen.set(text, Date.now());
        if (isNew) newAt = Date.now();
        if (isNew) await send(text).catch(() => lastSeen.delete(text));
      }
    }
    if (Date.now() - newAt > IDLE) stop();
    else setTimeout(() => look(detector), detector ? PAUSE.here : PAUSE.server);
  };

  // A photo is checked as soon as it is taken.
  const ready = () => {
    const form = document.getElementById("scan");
    form.elements.photo.addEventListener("change", () => form.requestSubmit());
  };

  const begin = async () => {
    view.srcObject = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "environment", width: { ideal: LONG_SIDE } },
    });
    await view.play();
    camera.hidden = false;
    const formats = await window.BarcodeDetector?.getSupportedFormats().catch(() => []);
    look(formats?.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null);
  };

  ready();
  begin().catch(() => {});
})();
