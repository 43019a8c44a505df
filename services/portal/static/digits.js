// Check the check digits of a number as soon as its field is left, and say a mistake below the field.
// A field has data-digits (ssin, enterprise or period) and data-wrong (the text of the mistake).
"use strict";

const rest = (text, divisor) => Number(BigInt(text) % BigInt(divisor));

const tests = {
  // Eleven digits: the check is 97 less the rest of the first nine, with a 2 before them from 2000 on.
  ssin: (text) => /^\d{11}$/.test(text)
    && ["", "2"].some((century) => 97 - rest(century + text.slice(0, 9), 97) === Number(text.slice(9))),
  // Nine digits get a zero before them. The check is 97 less the rest of the first eight.
  enterprise: (text) => /^[01]?\d{9}$/.test(text)
    && 97 - rest(text.padStart(10, "0").slice(0, 8), 97) === Number(text.slice(-2)),
  // Twelve digits: the check is the rest of the first ten, or 97.
  period: (text) => /^[1-9]\d{11}$/.test(text)
    && (rest(text.slice(0, 10), 97) || 97) === Number(text.slice(10)),
};

const check = (event) => {
  const field = event.target, test = tests[field.dataset?.digits];
  if (!test) return;
  const digits = field.value.replace(/[\s.\-]/g, "");
  const isWrong = digits !== "" && !test(digits);
  if (isWrong) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
  document.getElementById(`${field.id}-wrong`).textContent = isWrong ? field.dataset.wrong : "";
};

// A field is left at the press on a button, before its release. A text below the field would move the button away
// from the pointer, and the click would be lost: then the mistake is said after the click.
let isPressed = false;
document.addEventListener("pointerdown", () => { isPressed = true; }, true);
for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(end, () => { isPressed = false; }, true);
}
document.addEventListener("change", (event) => {
  if (isPressed) document.addEventListener("pointerup", () => setTimeout(check, 0, event), { once: true });
  else check(event);
});
// A mistake goes while the number is corrected. If it went when the field is left for the button, the button
// would move under the pointer, and the click would be lost.
document.addEventListener("input", (event) => {
  if (event.target.getAttribute("aria-invalid")) check(event);
});
