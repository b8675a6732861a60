"""The sandbox, by its own guide: whatever the step under way names is found by that name and pressed."""

import json
import os
import subprocess

from process import PATIENCE

NEXT = {"en": "Next chapter", "ja": "次の章へ"}
END = {"en": "Do this for your own domain", "ja": "自分のドメインで始める"}
PAGES = ["/", "/dns", "/mailbox", "/policy", "/message/{refused}", "/message/{refused}/explain", "/message/{newest}", "/chapter/2", "/chapter/5", "/end", "/none"]


class Sandbox:
    """A run of its own; it ends with the block, and leaves nothing."""

    def __init__(self, scene, lang):
        self.folder = scene.work / f"sandbox-{lang}-{os.urandom(4).hex()}"
        self.folder.mkdir()
        self.process = subprocess.Popen(
            [scene.binary, "sandbox", "--lang", lang], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "TMPDIR": str(self.folder), "NO_COLOR": "1"},
        )
        self.url = next(word for line in self.process.stdout for word in line.split() if word.startswith("http://"))
        self.origin = "/".join(self.url.split("/")[:3])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)

    def left(self):
        return list(self.folder.iterdir())


def labels(step):
    return [label.inner_text() for label in step.locator("p strong.ui").all()]


def record(step):
    names, values = (step.locator(f"dl.typed {tag}").all_inner_texts() for tag in ("dt", "dd code"))
    return dict(zip(names, values))


def press(page, label, beside, keyboard):
    """A button, a link or a choice of this name; of several the one beside what the step names, or the first."""
    for role in ("button", "link", "radio"):
        found = page.get_by_role(role, name=label) if role != "button" else page.locator(f"main button:text-is({json.dumps(label, ensure_ascii=False)})")
        if role == "link":
            found = page.locator("main").get_by_role("link").filter(has_text=label)
        if role == "button" and beside and found.count() > 1:
            found = found.and_(page.locator(f"[aria-label*='{beside[0]}']"))
        if found.count():
            target = found.first
            if keyboard and role != "radio":
                target.focus()
                with page.expect_navigation():
                    page.keyboard.press("Enter")
                return None
            if role == "radio" and keyboard:
                target.focus()
                return page.keyboard.press("Space")
            return target.check() if role == "radio" else target.click()
    raise AssertionError(f"nothing is called {label} on {page.url}")


def do_step(page, keyboard):
    """From the page with the story, as it is after the step before."""
    step = page.locator("li[aria-current=step]")
    if not step.is_visible():
        page.locator("details.guide > summary").click()
    cards, fields = page.locator("main h2").all_inner_texts(), record(step)
    beside = step.locator("p code").all_inner_texts()
    for label in [label for label in labels(step) if label not in cards]:
        form = page.locator("form[action='/dns/add']")
        if form.count() and form.locator(f"button:text-is({json.dumps(label, ensure_ascii=False)})").count():
            for name, value in fields.items():
                field = form.get_by_label(name, exact=True)
                is_choice = field.evaluate("field => field.tagName") == "SELECT"
                field.select_option(value) if is_choice else field.fill(value)
        press(page, label, beside, keyboard)


def walk(scene, lang, look="light", keyboard=False):
    with Sandbox(scene, lang) as sandbox:
        page = scene.views.open(sandbox.origin, lang, look)
        page.goto(sandbox.url)
        for chapter in range(1, 13):
            steps = page.locator("ol.steps > li").count()
            for step in range(1, steps + 1):
                do_step(page, keyboard)
                page.goto("/")
                done = page.locator("ol.steps > li.done").count()
                scene.that(done == step, f"sandbox in {lang}: chapter {chapter}, step {step} is done", done)
            if chapter == 5:
                scene.views.shot(page, f"sandbox-{lang}-chapter-5")
            last = page.get_by_role("link", name=END[lang]) if chapter == 12 else page.get_by_role("button", name=NEXT[lang])
            last.click()
            page.wait_for_load_state()
        scene.that("postseal check" in page.content(), f"sandbox in {lang}: it ends with what to do at home")
        page.goto("/")
        numbers = [int(line.get_attribute("value")) for line in page.locator("ol.wire > li").all()]
        page.goto("/mailbox")
        refused = page.locator("li", has=page.locator("details")).first.get_by_role("link").get_attribute("href").rsplit("/", 1)[1]
        for path in PAGES:
            path = path.format(refused=refused, newest=numbers[0])
            page.goto(path)
            scene.views.axe(page, f"sandbox {path} in {lang}")
            if path.endswith("/explain"):
                said = page.locator("main").inner_text()
                scene.that("DMARC" in said and page.locator("main article").count(), f"sandbox in {lang}: the bounce is explained by the policy", said)
                scene.that("587" not in said, f"sandbox in {lang}: and not by a log-in", said)
            scene.views.fits(page, f"sandbox {path} in {lang}")
            scene.views.shot(page, f"sandbox-{lang}{path.replace('/', '-')}")
        scene.views.close(page, f"sandbox in {lang}")
    scene.that(not sandbox.left(), f"sandbox in {lang}: nothing is left", sandbox.left())


def sandbox_in_english(scene):
    """The guide leads through all chapters in English."""
    walk(scene, "en")


def sandbox_in_japanese(scene):
    """The guide leads through all chapters in Japanese, on a phone."""
    walk(scene, "ja", look="phone")


def sandbox_by_keyboard(scene):
    """The same by keyboard alone; a choice is made as the keyboard makes it."""
    walk(scene, "en", keyboard=True)


def sandbox_looks(scene):
    """Dark, and on a phone, with nothing over the edge; and without scripts."""
    with Sandbox(scene, "ja") as sandbox:
        looks = [("dark", "ja"), ("phone-dark", "en")]
        for look, lang in looks + [("phone", "ja"), ("light", "ja")] * bool(scene.views.shots):
            page = scene.views.open(sandbox.origin, lang, look)
            page.goto(sandbox.url)
            for path in ["/", "/dns", "/policy", "/mailbox", "/chapter/5", "/end", "/none"]:
                page.goto(path)
                scene.views.axe(page, f"sandbox {path}, {look} {lang}")
                scene.views.fits(page, f"sandbox {path}, {look} {lang}")
                scene.views.shot(page, f"sandbox-{look}-{lang}{path.replace('/', '-')}")
            scene.views.close(page, f"sandbox, {look} {lang}")
        page = scene.views.open(sandbox.origin, "en", java_script_enabled=False)
        page.goto(sandbox.url)
        page.get_by_role("button", name="Send a message").click()
        scene.that(page.locator("ol.wire > li").count() == 1, "sandbox: a message without scripts")
        scene.views.close(page, "sandbox without scripts")


def sandbox_folded(scene):
    """On a phone the guide is folded where the page is about something else, says the next step, and opens without scripts."""
    with Sandbox(scene, "en") as sandbox:
        page = scene.views.open(sandbox.origin, "en", "phone", java_script_enabled=False)
        page.goto(sandbox.url)
        guide, step = page.locator("details.guide > summary"), page.locator("li[aria-current=step]")
        scene.that(step.is_visible(), "sandbox on a phone: the story's own page shows the story")
        page.get_by_role("button", name="Send a message").click()
        news = page.get_by_role("status")
        top = news.bounding_box()["y"] + page.evaluate("scrollY") if news.count() else None
        scene.that(top is not None and top < 500, "sandbox on a phone: what came of it is on the first screen", top)
        scene.that(not step.is_visible() and "Send a forged message" in guide.inner_text(), "sandbox on a phone: folded, with the next step", guide.inner_text())
        scene.views.shot(page, "sandbox-folded")
        page.goto("/dns")
        top = page.get_by_role("heading", level=1).bounding_box()["y"]
        scene.that(top < 400, "sandbox on a phone: a page begins with what it is about", top)
        guide.click()
        scene.that(step.is_visible() and page.get_by_role("button", name="Do this step for me").is_visible(), "sandbox on a phone: the story unfolds")
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto("/dns")
        scene.that(step.is_visible() and not guide.is_visible(), "sandbox on a wide page: the story stands beside every page")
        scene.views.close(page, "sandbox, folded")


CASES = [sandbox_folded, sandbox_in_english, sandbox_in_japanese, sandbox_by_keyboard, sandbox_looks]
