// A button to print, only where there is a printer to ask for: scripts off, the browser's own menu has it.
(() => {
"use strict";
const button = document.getElementById("print");
if (!button || !window.print || /MicroMessenger|AlipayClient/.test(navigator.userAgent)) return;
button.hidden = false;
button.addEventListener("click", () => window.print());
})();
