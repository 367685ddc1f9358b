// What the pages cannot do by themselves: preferences in cookies, keys, signing out.
const bbCookie = (name, value) => {
  document.cookie = `${name}=${encodeURIComponent(value)}; Path=/; Max-Age=31536000; SameSite=Lax`;
};
window.bbPrefer = (name, value) => {
  bbCookie(name, value);
  location.reload();
};
window.bbSignOut = () => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: "/signout" });
  document.body.append(form);
  form.submit();
};
if (!/(^|; )tz=/.test(document.cookie)) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  bbCookie("tz", zone);
  if (zone !== "UTC" && /(^|; )tz=/.test(document.cookie)) location.reload();
}
let bbWentFor = 0;
document.addEventListener("keydown", (event) => {
  const at = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || at.closest?.("input, textarea, select, [contenteditable], [role=dialog], [role=listbox], [role=combobox]")) return;
  let key = event.key;
  if (Date.now() - bbWentFor < 1500) key = "g" + key;
  bbWentFor = event.key === "g" ? Date.now() : 0;
  if (key === "g" || key.length > 2) return;
  if (key === "/") {
    // At once, here: what is typed next belongs into the field.
    event.preventDefault();
    document.querySelector(".bb-find input")?.focus();
    return;
  }
  if (window.emitEvent) window.emitEvent("bb-key", key);
});
