"""Pages in Chromium, and what must hold of each of them, whatever it shows."""

import importlib.resources

from process import PATIENCE

AXE = (importlib.resources.files("axe_playwright_python") / "axe.min.js").read_text()

# As axe names them: WCAG 2.2 AA, and what is good practice besides.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

LOOKS = {
    "light": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {
        "viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True,
    },
}
LOOKS["phone-dark"] = LOOKS["phone"] | {"color_scheme": "dark"}


def quiet(page):
    """Waits until the page has what it asked for by itself. One that asks again and again is quiet in between."""
    # Not by an expression: the page's policy lets none be made of a string.
    page.locator(".htmx-request").first.wait_for(state="detached")


class Views:
    def __init__(self, browser, checks, shots):
        self.browser, self.that, self.shots = browser, checks.that, shots
        if shots:
            shots.mkdir(parents=True, exist_ok=True)

    def open(self, origin, lang, look="light", storage=None, **options):
        """A window of its own. What a page says on the console, and whom it asks, is held against it."""
        locale = {"en": "en-GB", "ja": "ja-JP"}[lang]
        context = self.browser.new_context(
            **LOOKS[look], locale=locale, storage_state=storage, base_url=origin,
            permissions=["clipboard-read", "clipboard-write"], **options,
        )
        context.set_default_timeout(PATIENCE * 1000)
        page = context.new_page()
        said, strangers = [], []

        def console(message):
            # A refusal with a status is shown as a page; the browser notes it besides.
            if message.type == "error" and "status of 4" not in message.text:
                said.append(message.text)

        page.on("console", console)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: request.url.startswith(origin) or strangers.append(request.url))
        page.said, page.strangers = said, strangers
        return page

    def close(self, page, what):
        self.that(not page.said, f"{what}: the console is silent, CSP and all", page.said[:5])
        self.that(not page.strangers, f"{what}: nothing but this node is asked", page.strangers[:5])
        page.context.close()

    def axe(self, page, what):
        page.evaluate(AXE)
        run = f"axe.run(document, {{runOnly: {RULES!r}, resultTypes: ['violations']}})"
        found = page.evaluate(f"() => {run}")["violations"]
        told = [(v["id"], v["help"], [node["html"][:200] for node in v["nodes"]][:3]) for v in found]
        self.that(not told, f"{what}: axe finds nothing", told)

    def fits(self, page, what):
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        self.that(wide <= 0, f"{what}: nothing reaches over the edge", f"{wide} px")

    def shot(self, page, name):
        if self.shots:
            page.screenshot(path=self.shots / f"{name}.png", full_page=True)
