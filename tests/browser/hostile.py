"""Every field that comes from mail, from the DNS or from people holds strings that are meant to become something else. Each
goes the way that it goes in life: through the milter, by a name server, in a form. Then each page that shows it is opened."""

import csv
import io
import subprocess
import urllib.parse

import portal
import sandbox_walk
from hostile_fields import KINDS, PLAIN, WITHOUT_CONTROLS, name, raw, typed
from hostile_strings import text
from hostile_zones import ADDRESS, CLIENTS, DOMAINS, PARENT, HostileZones
from looker import Looker
from milter import Session
from process import PATIENCE, wait_until

ORGANISATION = "/o/contoso"


def prepared(scene):
    """The node of the portal's cases, its resolver led to the hostile zones as well."""
    here = portal.world(scene)
    if not hasattr(here, "hostile"):
        here.hostile = HostileZones(scene.work)
        here.hostile.process.start()
        wait_until("the hostile zones answer", lambda: "SOA" in answer_of(ADDRESS, PARENT, "SOA"))
        for kind in KINDS:
            wait_until("the resolver finds them", lambda: "v=spf1" in answer_of(portal.RESOLVER, DOMAINS[kind], "TXT"))
        for domain in DOMAINS.values():
            here.command("domain", "add", domain, "--organisation", "contoso")
    return here


def answer_of(server, asked, kind):
    command = ["dig", "+noall", "+answer", "+time=1", "+tries=1", f"@{server}", asked, kind]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=PATIENCE).stdout


def hostile_mail(scene):
    """Hostile strings in mail, through the milter"""
    here = prepared(scene)
    look = Looker(scene, portal.ORIGIN, here.storage)
    look.open("allowed", "/settings/allowed")
    for kind in WITHOUT_CONTROLS:
        note = typed("note of a pair", kind)[:200]
        look.post("allowed", "/settings/allowed/add", {"author_domain": DOMAINS[kind], "client": CLIENTS[kind], "note": note})
    look.open("audit", "/settings/audit?verify=yes")
    for kind in KINDS:
        for by_name in (False, True):
            answer = deliver(kind, by_name)
            scene.that(answer[:1] in (b"a", b"c", b"r", b"t", b"y"), f"{kind}: the filter answers", answer)

    def kept():
        answer = look.page.request.get("/v1/verdicts?limit=1000")
        found = answer.json().get("items", [])
        return found if len(found) >= 2 * len(KINDS) else None

    verdicts = wait_until("the messages are in the store", kept)
    look.open("messages", "/messages", wait=300)
    for number, verdict in enumerate(verdicts):
        look.on_phone(number % 2)
        look.open("message", f"/messages/{verdict['id']}")
    cells = exported(look)
    formulas = [cell for cell in cells if cell and cell[0] in "=+-@\t\r"]
    scene.that(len(cells) > 16 * len(verdicts) and not formulas, "no cell of the CSV export is a formula", formulas[:3])
    for kind in KINDS:
        queued = urllib.parse.quote(raw("queue id", kind)[:200])
        look.open("messages", f"/messages?q={queued}")
    scene.that(here.node.runs(), "the node goes on")
    look.must_show("mail")
    look.end("hostile mail")


def deliver(kind, by_name):
    """`by_name`: the strings stand where a domain name is read; otherwise everywhere else."""
    domain = DOMAINS[kind].encode()

    def at(field):
        return raw(field, kind)

    def line(octets):
        return octets.replace(b"\r\n", b"\r\n ").replace(b"\0", b"")

    def host(field):
        return name(field, kind) + b"." + domain

    author = b'"%s" <%s@%s>' % (line(at("From, display name")), b"jo" if by_name else line(at("From, local part")), line(host("From, domain")) if by_name else domain)
    sdid, selector = (host("DKIM d="), name("DKIM s=", kind)) if by_name else (domain, b"selector2")
    fields = [
        (b"Authentication-Results", b"evil.test; dkim=pass reason=\"" + line(at("Authentication-Results of others")) + b"\""),
        (b"ARC-Seal", b"i=1; a=rsa-sha256; cv=none; d=" + line(at("ARC set")) + b"; s=x; t=1; b=AAAA"),
        (b"DKIM-Signature", b"v=1; a=rsa-sha256; d=%s; s=%s; i=%s@%s; h=from; bh=AAAA; b=AAAA" % (line(sdid), line(selector), line(at("DKIM i=")), domain)),
        (b"From", author),
        (b"To", b"ken@provider.test"),
        (b"Subject", line(at("Subject"))),
        (b"Message-ID", b"<%d@hostile.test>" % KINDS.index(kind)),
        (b"Date", b"Tue, 24 Nov 2026 08:00:00 +0000"),
    ]
    client = CLIENTS[kind] if not by_name else "203.0.113.200"
    session = Session(8893, cut(at("queue id")), client, cut(at("name of the client")))
    local = cut(at("reverse-path, local part"))
    reverse = b"jo@" + cut(host("reverse-path, domain")) if by_name else local + b"@" + domain
    return session.deliver(cut(at("HELO")), reverse, cut(at("recipient")) + b"@provider.test", fields, at("body") + b"\r\n")


def cut(octets):
    """A NUL ends an argument of the protocol."""
    return octets.replace(b"\0", b"")[:240]


def exported(look):
    answer = look.page.request.get("/messages/export/csv")
    return [cell for row in csv.reader(io.StringIO(answer.text())) for cell in row]


def hostile_dns(scene):
    """Hostile strings in the DNS, by a name server"""
    here = prepared(scene)
    look = Looker(scene, portal.ORIGIN, here.storage)
    for kind in KINDS:
        domain = DOMAINS[kind]
        look.on_phone(kind == PLAIN or KINDS.index(kind) % 2)
        look.open("unproven", f"{ORGANISATION}/domains/{domain}")
        look.page.locator("main button.main").first.click()
        look.page.wait_for_load_state()
        look.look("unproven")
        here.command("domain", "remove", domain, "--organisation", "contoso")
        here.command("domain", "add", domain, "--trust", "--organisation", "contoso")
        here.command("dkim", "new", domain, "--organisation", "contoso")
        here.command("dkim", "set", domain, "--enabled", "true", "--organisation", "contoso")
        for tab in ("dkim", "spf", "dmarc", "records"):
            look.open(tab, f"{ORGANISATION}/domains/{domain}/{tab}", wait=200 if tab == "dkim" else 0)
        look.open("check", f"/check?domain={domain}&selector=selector1,selector2&from_ip={CLIENTS[kind]}")
    look.open("overview", ORGANISATION, wait=800)
    look.open("domains", f"{ORGANISATION}/domains", wait=300)
    look.page.locator("tbody a").first.click()
    look.page.locator("#flyout[open]").wait_for()
    look.look("flyout")
    look.must_show("dns")
    look.end("hostile DNS")


def hostile_texts(scene):
    """Hostile strings that are pasted into explain"""
    here = prepared(scene)
    look = Looker(scene, portal.ORIGIN, here.storage)
    for kind in KINDS:
        look.on_phone(KINDS.index(kind) % 2)
        for pasted in texts(kind, DOMAINS[kind]):
            look.post("explain", "/explain", {"text": pasted})
    look.must_show("pasted")
    look.end("hostile texts")


def texts(kind, domain):
    def at(field):
        return typed(field, kind)

    def folded(field):
        return at(field).replace("\r\n", "\r\n ").replace("\n\t", "\n\t")

    yield f"Authentication-Results: mx.test; spf=fail ({folded('Authentication-Results')}) smtp.mailfrom={domain}; dkim=fail reason=\"{folded('Authentication-Results')}\" header.d={folded('Authentication-Results')}; dmarc=fail header.from={domain}\r\n"
    yield f"Authentication-Results: spf=fail (sender IP is {CLIENTS[kind]}) smtp.mailfrom={folded('Exchange Online')}; dkim=none; dmarc=fail action=oreject header.from={domain};compauth=fail reason=000\r\n"
    seal = folded("ARC fields")
    yield f"ARC-Seal: i=1; a=rsa-sha256; cv=none; d={seal}; s=x; t=1; b=AAAA\r\nARC-Message-Signature: i=1; a=rsa-sha256; d={seal}; s={seal}; h=from; bh=AAAA; b=AAAA\r\nARC-Authentication-Results: i=1; {seal}; dkim=fail header.d={seal}\r\n"
    yield f"550 5.7.26 {at('bounce')} This mail has been blocked because the sender is unauthenticated. {at('bounce')} https://support.google.com/mail/"
    yield f"Reporting-MTA: dns; {folded('bounce, Diagnostic-Code')}\r\n\r\nFinal-Recipient: rfc822; ken@{domain}\r\nAction: failed\r\nStatus: 5.7.1\r\nDiagnostic-Code: smtp; 550 5.7.1 {folded('bounce, Diagnostic-Code')} unauthenticated mail from {domain} is not accepted\r\n"
    yield (f"Received: from {folded('message, Received')} ([203.0.113.5]) by {folded('message, Received')} with ESMTP id 1; Tue, 24 Nov 2026 08:00:00 +0000\r\n"
           f"DKIM-Signature: v=1; a=rsa-sha256; d={domain}; s={folded('message, DKIM-Signature')}; h=from; bh=AAAA; b=AAAA\r\n"
           f"From: \"{folded('message, From')}\" <jo@{domain}>\r\nTo: ken@provider.test\r\nSubject: {folded('message, Subject')}\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\n\r\nHello\r\n")


def hostile_forms(scene):
    """Hostile strings that people type and programs send"""
    here = prepared(scene)
    look = Looker(scene, portal.ORIGIN, here.storage)
    here.command("domain", "add", "forms.test", "--trust", "--organisation", "contoso")
    domain = f"{ORGANISATION}/domains/forms.test"

    def asked(what, path, field, kind):
        look.open(what, path + urllib.parse.quote(typed(field, kind), safe=""))

    def refused(kind, fields):
        """What is refused is said on one page for all: a few strings for each field, and each string for some."""
        for number, (path, field, *more) in enumerate(fields):
            if (KINDS.index(kind) + number) % 4 == 0:
                if more:
                    look.post("refused", path, {**dict(more[1:]), more[0]: typed(field, kind)})
                else:
                    asked("refused", path, field, kind)

    for kind in KINDS:
        look.on_phone(KINDS.index(kind) % 2)
        asked("search", "/search?q=", "search", kind)
        asked("domains", f"{ORGANISATION}/domains?q=", "filter of domains", kind)
        asked("messages", "/messages?q=", "filter of messages", kind)
        asked("spf", f"{domain}/spf?record=v%3Dspf1%20", "SPF draft", kind)
        asked("dmarc", f"{domain}/dmarc?p=none&rua=", "DMARC draft", kind)
        asked("allowed", "/settings/allowed?author_domain=a.example&note=", "pair in a link", kind)
        refused(kind, [
            ("/check?domain=", "domain to check"),
            (f"/check?domain={DOMAINS[kind]}&selector=", "selector to check"),
            (f"/check?domain={DOMAINS[kind]}&from_ip=", "address to check"),
            (f"/check?domain={DOMAINS[kind]}&volume=", "volume to check"),
            ("/o/", "path"), (f"{ORGANISATION}/domains/", "path"), ("/messages/", "path"), ("/nothing/", "path"),
            ("/messages/export/", "export format"), (f"{ORGANISATION}/domains?sort=", "order of domains"),
            ("/settings/sealers?organisation=", "organisation"),
            ("/organisations", "organisation", "name"),
            (f"{ORGANISATION}/domains/add", "domain", "domain"),
            (f"{ORGANISATION}/domains/enable", "domain", "domain"),
            ("/settings/allowed/add", "Author Domain of a pair", "author_domain", ("client", "192.0.2.1")),
            ("/settings/allowed/add", "client of a pair", "client", ("author_domain", "a.example")),
            ("/settings/allowed/add", "end of a pair", "until", ("author_domain", "a.example"), ("client", "192.0.2.1")),
            ("/settings/allowed/add", "note that is too long", "note", ("author_domain", "a.example"), ("client", "192.0.2.1")),
            ("/settings/sealers/add", "sealer", "sealer", ("organisation", "contoso")),
            ("/settings/tokens/add", "token", "name", ("scope", "operate"), ("days", "9")),
            ("/settings/tokens/add", "scope of a token", "scope", ("name", "job"), ("days", "9")),
            ("/settings/receiver", "receiver policy", "on_reject"),
        ])
    look.on_phone(False)
    look.open("allowed", "/settings/allowed")
    path = "/settings/audit?verify=yes"
    while path:
        look.open("audit", path)
        older = look.page.locator("a.button[href*='before=']")
        path = older.get_attribute("href") if older.count() else None
    typed_live(look, domain)
    look.must_show("typed")
    look.end("hostile forms")
    strangers(scene)


def typed_live(look, domain):
    """What htmx puts into a page while somebody types."""
    for path, field in ((f"{ORGANISATION}/domains", "#q"), ("/messages", "#q"), (f"{domain}/spf", "#record"), (f"{domain}/dmarc", "#rua")):
        look.page.goto(path)
        for kind in ("script", "image", "htmx", "closing", "right to left"):
            with look.page.expect_response(lambda answer: answer.request.headers.get("hx-request")):
                look.page.fill(field, text(kind, "zqlive"))
            look.page.wait_for_timeout(60)
            look.look("while typing")


def strangers(scene):
    """The pages of those who are not logged in."""
    look = Looker(scene, portal.ORIGIN)
    for kind in KINDS:
        back, link = (urllib.parse.quote(typed(field, kind), safe="") for field in ("way back after the log-in", "set-up link"))
        look.open("log-in", f"/log-in?to={back}")
        look.post("log-in", "/log-in", {"name": typed("name at the log-in", kind), "password": "x", "to": typed("way back after the log-in", kind)})
        look.open("refused", f"/setup?link={link}")
    look.must_show("strangers")
    look.end("hostile strangers")


def hostile_sandbox(scene):
    """Hostile strings at the sandbox's registrar, and in what its mail asks the DNS"""
    with sandbox_walk.Sandbox(scene, "en") as sandbox:
        look = Looker(scene, sandbox.origin, with_form="/")
        look.page.goto(sandbox.url)
        for kind in KINDS:
            look.on_phone(KINDS.index(kind) % 2)
            right = {"kind": "TXT", "host": f"h{KINDS.index(kind)}", "value": "v=spf1 -all", "ttl": "3600"}
            for field in ("value", ("host", "kind", "ttl")[KINDS.index(kind) % 3]):
                look.post("dns", "/dns/add", {**right, field: typed(f"registrar, {field}", kind)})
            look.post("dns", "/dns/add", {**right, "kind": "CNAME", "host": f"c{KINDS.index(kind)}", "value": typed("registrar, target", kind)})
            look.open("dns", "/dns")
            # Asked by the receiver of the next message, and shown with its answer.
            spf = "v=spf1 " + typed("registrar, SPF record", kind).replace("\r\n", " ")
            look.post("dns", "/dns/add", {**right, "host": "@", "value": "".join(c for c in spf if c.isprintable() or c == "\u202e")})
            look.post("home", "/send", {"what": "direct"})
            look.open("message", f"/message/{KINDS.index(kind) + 1}")
            look.post("dns", "/dns/undo", {})
        for path in ("/", "/mailbox", "/policy", "/end"):
            look.open("home", path)
        for kind in KINDS:
            look.open("nowhere", "/" + urllib.parse.quote(typed("registrar, path", kind), safe=""))
        look.must_show("sandbox")
        look.end("hostile sandbox")


CASES = [hostile_mail, hostile_dns, hostile_texts, hostile_forms]
