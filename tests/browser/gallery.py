"""Each page in each look, with something on it and with nothing: axe, edges, screenshots."""

import re

import portal
from milter import Session
from process import wait_until
from views import quiet

# Light and dark, wide and narrow, English and Japanese: of any two of them every pairing is here, in half as many looks.
LOOKS = (("light", "en"), ("dark", "ja"), ("phone", "ja"), ("phone-dark", "en"))
GALLERY = tuple((look, lang) for look in ("light", "dark", "phone", "phone-dark") for lang in ("en", "ja"))
MOST_OCTETS = 150_000
# Without anything to show, and where something is wrong.
EMPTY = {
    "overview-empty": "/o/contoso", "domains-empty": "/o/contoso/domains", "messages-empty": "/messages", "allowed-empty": "/settings/allowed",
    "sealers-empty": "/settings/sealers", "tokens-empty": "/settings/tokens", "check-empty": "/check", "search-none": "/search?q=zzz",
    "no-such-page": "/nothing/here", "no-such-domain": "/o/contoso/domains/none.example", "not-a-domain": "/check?domain=a..b",
}
DOMAIN = f"/o/contoso/domains/{portal.ZONES['en']}"
FULL = {
    "overview": "/o/contoso", "domains": "/o/contoso/domains", "unproven": "/o/contoso/domains/waiting.test", "no-keys": "/o/contoso/domains/held.test/dkim",
    "dkim": f"{DOMAIN}/dkim", "spf": f"{DOMAIN}/spf", "dmarc": f"{DOMAIN}/dmarc?p=reject", "no-dmarc": "/o/contoso/domains/held.test/dmarc",
    "records": f"{DOMAIN}/records", "check": f"/check?domain={portal.ZONES['en']}", "explain": "/explain", "search": "/search?q=test",
    "messages": "/messages", "messages-none": "/messages?q=nothing.example", "account": "/settings/account", "receiver": "/settings/receiver", "retention": "/settings/messages",
    "allowed": "/settings/allowed", "sealers": "/settings/sealers", "tokens": "/settings/tokens", "audit": "/settings/audit?verify=yes",
}


def looks(scene):
    """All of them where pictures are made."""
    return GALLERY if scene.views.shots else LOOKS


def look_at(scene, paths, chosen, storage, statuses=(200,)):
    for look, lang in chosen:
        page = scene.views.open(portal.ORIGIN, lang, look, storage=storage)
        for name, path in paths.items():
            what = f"{name} {look} {lang}"
            answer = page.goto(path)
            scene.that(answer.status in statuses, f"{what}: is there", answer.status)
            octets = len(answer.body())
            scene.that(octets < MOST_OCTETS, f"{what}: is no heavy page", f"{octets} octets")
            seen(scene, page, what)
        scene.views.close(page, f"{look} {lang}")


def seen(scene, page, what):
    if page.locator("[hx-trigger=revealed]").count():
        page.wait_for_timeout(100)
        quiet(page)
    scene.views.axe(page, what)
    scene.views.fits(page, what)
    scene.views.shot(page, what.replace(" ", "-"))


def pages_without_anything(scene):
    """Pages that have nothing to show, and those that say what is wrong"""
    here = portal.world(scene)
    look_at(scene, EMPTY, looks(scene), here.storage, (200, 404, 422, 400))


def fill(here):
    """What there is after some weeks."""
    of = ("--organisation", "contoso")
    for domain, *more in (("waiting.test",), ("held.test", "--trust")):
        here.command("domain", "add", domain, *more, *of)
    here.command("arc-config", "add", "forwarder.example", *of)
    here.command("token", "add", "nightly-job", "--scope", "read-organisation", *of)
    for number, (domain, client) in enumerate((("knot.test", "203.0.113.7"), ("knot.test", "198.51.100.40"), ("bind.test", "203.0.113.8"), ("held.test", "203.0.113.9"))):
        fields = [(b"From", f"Jo <jo@{domain}>".encode()), (b"To", b"ken@provider.test"), (b"Subject", b"Figures"), (b"Date", b"Tue, 24 Nov 2026 08:00:00 +0000"), (b"Message-ID", b"<%d@x.test>" % number)]
        session = Session(8893, f"4G{number}xYz{number}kLm".encode(), client)
        session.deliver(b"out.test", f"jo@{domain}".encode(), b"ken@provider.test", fields, b"Hello.\r\n")


def pages(scene):
    """Each page in each look"""
    here = portal.world(scene)
    fill(here)
    page = scene.views.open(portal.ORIGIN, "en", storage=here.storage)
    page.goto("/settings/allowed")
    page.locator("#author_domain").fill("fabrikam.example")
    page.locator("#client").fill("203.0.113.0/24")
    page.locator("#note").fill("Their invoices come from a partner without DKIM.")
    page.locator("#add button.main").click()
    page.wait_for_load_state()

    def kept():
        items = page.request.get("/v1/verdicts?author_domain=knot.test").json()["items"]
        return items if len(items) >= 2 else None

    message = wait_until("the messages are in the store", kept)[0]["id"]
    scene.views.close(page, "furnishing")
    look_at(scene, FULL | {"message": f"/messages/{message}"}, looks(scene), here.storage)
    for look, lang in looks(scene):
        flyouts(scene, here, look, lang)


def flyouts(scene, here, look, lang):
    """What comes by a click."""
    page = scene.views.open(portal.ORIGIN, lang, look, storage=here.storage)
    page.goto("/o/contoso/domains")
    page.get_by_role("link", name=portal.ZONES["en"]).first.click()
    page.locator("#flyout[open]").wait_for()
    seen(scene, page, f"flyout {look} {lang}")
    page.goto("/explain")
    page.locator("#text").fill(portal.BOUNCE)
    page.locator("main form button.main").click()
    page.locator("main h2").first.wait_for()
    seen(scene, page, f"explained {look} {lang}")
    page.goto("/settings/tokens")
    page.locator("#name").fill("NOT A NAME")
    page.locator("#name").evaluate("e => { e.form.noValidate = true }")
    page.locator("main section form button.main").last.click()
    page.wait_for_load_state()
    seen(scene, page, f"token-refused {look} {lang}")
    scene.views.close(page, f"flyouts {look} {lang}")


def doors(scene):
    """The pages of those who are not logged in yet"""
    here = portal.world(scene)
    for look, lang in looks(scene):
        page = scene.views.open(portal.ORIGIN, lang, look)
        page.goto("/log-in")
        seen(scene, page, f"log-in {look} {lang}")
        page.goto("/setup?link=none")
        seen(scene, page, f"setup-over {look} {lang}")
        link = here.command("setup-link")
        url = next((value for value in link.values() if isinstance(value, str) and value.startswith("http")), "")
        page.goto(re.sub(r"^http://[^/]*", "", url))
        seen(scene, page, f"setup {look} {lang}")
        scene.views.close(page, f"doors {look} {lang}")
