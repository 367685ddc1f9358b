// The time zone in which this person reads clocks.
document.cookie =
  "tz=" + encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone) + "; Path=/; Max-Age=31536000; SameSite=Lax";
