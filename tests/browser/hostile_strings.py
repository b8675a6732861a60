"""Strings that are meant to become something else than text, and what shows that one of them has."""

# Each has a mark in it: it names the field that it was put into, so that it can be found again on a page.
STRINGS = {
    "script": "<script>planted('{mark}')</script>",
    "image": "\"><img class=planted src=/planted-{mark} onerror=planted('{mark}')>",
    "handler": "' onmouseover='planted(1)' autofocus onfocus='planted(1)' class='planted' x='{mark}",
    "htmx": "\" hx-get=\"/planted-{mark}\" hx-trigger=\"load\" class=\"planted\" x=\"",
    "link": "javascript:planted('{mark}')//http://evil.test/{mark}",
    "template": "{{{{7*7}}}}${{7*7}}<%=7*7%>{mark}",
    "right to left": "\u202e{mark}\u2066gpj.exe\u202d",
    "controls": "{mark}\x01\x07\x08\x1b[31m\x7f\u0085\u2028\ufeff\u200b.",
    "nul": "a\0b{mark}\0<b class=planted>",
    "not UTF-8": b"\xff\xfe\xed\xa0\x80{mark}\xc3",
    "formula": "=HYPERLINK(\"http://evil.test/{mark}\";\"{mark}\")",
    "lines": "a\r\n{mark}\n\t<b class=planted>\u2029b",
    "a long word": "{mark}" + "W" * 400,
    "closing": "</textarea></code></title></script><svg class=planted onload=planted(1)>{mark}",
}


def octets(kind, mark):
    string = STRINGS[kind]
    if isinstance(string, bytes):
        return string.replace(b"{mark}", mark.encode())
    return string.format(mark=mark).encode("utf-8", "surrogatepass")


def text(kind, mark):
    """As a person may type it into a form: what is not UTF-8 cannot be typed."""
    return octets(kind, mark).decode("utf-8", "replace")


def label(kind, mark):
    """As a label of a domain name, which has 63 octets at most: the mark first, so that it is not cut off."""
    return (mark.encode() + octets(kind, ""))[:63]


def quoted(raw):
    """Octets as a zone file has them, whatever they are."""
    return "".join(f"\\{octet:03d}" for octet in raw)


def strings(raw):
    """The same as the strings of a TXT record."""
    return " ".join(f'"{quoted(raw[at:at + 255])}"' for at in range(0, len(raw), 255))


# Runs before anything of a page does.
WATCH = """
window.found = [];
window.planted = (what) => window.found.push(`a script ran: ${what}`);
addEventListener("securitypolicyviolation", (e) => window.found.push(`CSP: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
"""

# What of a page is not ours, and what stands on it as text.
LOOK = """() => {
  const found = [...window.found], own = (url) => !url || url.startsWith("/") || url.startsWith("?") || url.startsWith("#");
  for (const e of document.querySelectorAll("*")) {
    const name = e.localName, tell = (why) => found.push(`${why}: ${e.outerHTML.slice(0, 160)}`);
    if (e.classList.contains("planted")) tell("an element was planted");
    if (/^(iframe|object|embed|base|style|form\\/|math|marquee)$/.test(name)) tell("an element that no page has");
    if (name === "script" && !(e.getAttribute("src") || "").startsWith("/assets/")) tell("a script in the page");
    if (name === "img" && !(e.getAttribute("src") || "").startsWith("/assets/")) tell("an image");
    if (name === "a" && !own(e.getAttribute("href")) && !/^http:\\/\\/127\\.0\\.0\\.1:/.test(e.getAttribute("href"))) tell("a link elsewhere");
    if (name === "form" && !own(e.getAttribute("action"))) tell("a form that goes elsewhere");
    if (e.closest(".chart")) continue;  // drawn by our own script
    for (const a of e.attributes) {
      const ours = a.name === "autofocus" && e.matches(".notice[tabindex='-1']");  // what has just happened is read first
      if (/^on|^autofocus$|^style$|^srcdoc$/.test(a.name) && !ours) tell(`the attribute ${a.name}`);
      if (/^hx-(get|post|put|delete|on)/.test(a.name) && !a.value.startsWith("/")) tell(`the attribute ${a.name}`);
      if (/^hx-/.test(a.name) && a.value.startsWith("/planted")) tell(`the attribute ${a.name}`);
    }
  }
  const typed = [...document.querySelectorAll("input,textarea")].map((e) => e.value).join("\\n");
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  let shown = "";
  while (walker.nextNode()) if (walker.currentNode.parentElement.localName !== "textarea") shown += walker.currentNode.data + "\\n";
  const unseen = shown.match(/[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u061c\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]/);
  if (unseen) found.push(`a character that nobody sees: U+${unseen[0].charCodeAt(0).toString(16)} in ${JSON.stringify(shown.slice(Math.max(0, unseen.index - 40), unseen.index + 40))}`);
  const edge = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  return { found, text: shown, typed, edge };
}"""
