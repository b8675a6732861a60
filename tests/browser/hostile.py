"""Every field that comes from mail, from the DNS or from people holds strings that are meant to become something else. Each
goes the way that it goes in life: through the milter, by a name server, in a form. Then each page that shows it is opened."""

import csv
import io
import re
import subprocess
import urllib.parse

import portal
from hostile_strings import LOOK, STRINGS, WATCH, label, octets, quoted, strings, text
from milter import Session
from process import Process, wait_until

ADDRESS, PARENT, REVERSE = portal.HOSTILE_ADDRESS, portal.HOSTILE_ZONE, portal.HOSTILE_REVERSE
KINDS = list(STRINGS)
PLAIN = "a long word"
# Of these, no grammar of a header field ends in the middle.
WORDS = (PLAIN, "right to left", "not UTF-8")
WITHOUT_CONTROLS = [kind for kind in KINDS if kind not in ("controls", "nul", "lines")]
WANTED = {"as a name": [PLAIN], "as a word": WORDS, "without controls": WITHOUT_CONTROLS}
DOMAINS = {kind: f"h{number}.{PARENT}" for number, kind in enumerate(KINDS)}
CLIENTS = {kind: f"203.0.113.{number + 10}" for number, kind in enumerate(KINDS)}
ORGANISATION = "/o/contoso"

# Every field that is shown anywhere, and where. "nowhere": it is not kept, and no page has it. "as a name": what is no domain
# name is dropped where it comes in, and only PLAIN of the strings is one; "as a word": what ends a word ends what is read.
# "refused": the page that says so may show it. "field of": it stands in a field of a form, as it was typed.
FIELDS = {
    # from mail, through the milter
    "queue id": ("mail", "messages, message"),
    "From, display name": ("mail", "nowhere"), "From, local part": ("mail", "nowhere"), "From, domain": ("mail", "as a name: messages, message"),
    "Subject": ("mail", "nowhere"), "body": ("mail", "nowhere"), "HELO": ("mail", "nowhere"), "name of the client": ("mail", "nowhere"),
    "reverse-path, local part": ("mail", "nowhere"), "reverse-path, domain": ("mail", "as a name: message"), "recipient": ("mail", "nowhere"),
    "DKIM d=": ("mail", "as a name: message"), "DKIM s=": ("mail", "as a name: message"), "DKIM i=": ("mail", "nowhere"),
    "Authentication-Results of others": ("mail", "nowhere"), "ARC set": ("mail", "nowhere"),
    # from the DNS
    "SPF term": ("dns", "spf, check"), "SPF include": ("dns", "spf, check"), "SPF modifier": ("dns", "spf, check"),
    "DMARC rua": ("dns", "dmarc, check"), "DMARC unknown tag": ("dns", "dmarc, check"), "DMARC p": ("dns", "dmarc, check"),
    "MX": ("dns", "as a name: check"), "NS": ("dns", "as a name: unproven"), "PTR": ("dns", "as a name: check"), "CNAME of a selector": ("dns", "as a name: dkim"),
    "DKIM key record": ("dns", "check"), "BIMI": ("dns", "check"), "TLSRPT": ("dns", "check"), "MTA-STS": ("dns", "check"),
    "ownership token": ("dns", "unproven"),
    # pasted into explain
    "Authentication-Results": ("pasted", "explain"), "Exchange Online": ("pasted", "as a word: explain"), "ARC fields": ("pasted", "as a word: explain"),
    "bounce": ("pasted", "explain"), "bounce, Diagnostic-Code": ("pasted", "explain"), "message, Received": ("pasted", "as a word: explain"),
    "message, From": ("pasted", "field of explain"), "message, DKIM-Signature": ("pasted", "field of explain"), "message, Subject": ("pasted", "field of explain"),
    # typed by people, or sent by programs
    "organisation": ("typed", "refused"), "domain": ("typed", "refused"), "path": ("typed", "refused"), "search": ("typed", "search"),
    "filter of domains": ("typed", "field of domains"), "filter of messages": ("typed", "field of messages"), "domain to check": ("typed", "refused"),
    "selector to check": ("typed", "refused"), "address to check": ("typed", "refused"), "volume to check": ("typed", "refused"),
    "SPF draft": ("typed", "spf"), "DMARC draft": ("typed", "field of dmarc"), "note of a pair": ("mail", "without controls: allowed"),
    "Author Domain of a pair": ("typed", "refused"), "client of a pair": ("typed", "refused"), "end of a pair": ("typed", "refused"), "note that is too long": ("typed", "refused"),
    "pair in a link": ("typed", "field of allowed"), "sealer": ("typed", "refused"), "token": ("typed", "refused"), "scope of a token": ("typed", "refused"),
    "receiver policy": ("typed", "refused"), "name at the log-in": ("strangers", "field of log-in"), "way back after the log-in": ("strangers", "nowhere"),
    "set-up link": ("strangers", "refused"), "export format": ("typed", "refused"),
}


def mark(field, kind):
    return f"zq{list(FIELDS).index(field):02d}x{KINDS.index(kind):02d}"


def raw(field, kind):
    return octets(kind, mark(field, kind))


def typed(field, kind):
    return text(kind, mark(field, kind))


def name(field, kind):
    return label(kind, mark(field, kind))


KNOT = """server:
  rundir: {folder}
  listen: {address}@53
database:
  storage: {folder}
  journal-db-max-size: 8M
log:
  - target: stderr
    any: warning
template:
  - id: default
    storage: {folder}
    file: "%s.zone"
    semantic-checks: soft
zone:
{zones}"""


class HostileZones:
    """A name server of somebody who means ill, and what points at it."""

    def __init__(self, work):
        self.folder = work / "hostile"
        self.folder.mkdir()
        parent = ["@ SOA ns hostmaster 1 60 30 604800 1", "@ NS ns", f"ns A {ADDRESS}"]
        reverse = ["@ SOA ns hostmaster 1 60 30 604800 1", f"@ NS ns.{PARENT}."]
        for kind, domain in DOMAINS.items():
            server = f"{quoted(name('NS', kind))}.{domain}."
            parent += [f"{domain}. NS {server}", f"{server} A {ADDRESS}"]
            reverse.append(f"{CLIENTS[kind].rsplit('.', 1)[1]} PTR {quoted(name('PTR', kind))}.{domain}.")
            self.write(domain, self.records(kind, domain, server))
        self.write(PARENT, parent)
        self.write(REVERSE, reverse)
        zones = [PARENT, REVERSE, *DOMAINS.values()]
        listed = "".join(f"  - domain: {zone}\n" for zone in zones)
        (self.folder / "conf").write_text(KNOT.format(folder=self.folder, address=ADDRESS, zones=listed))
        self.process = Process("knot of the hostile", ["knotd", "-c", self.folder / "conf"], self.folder / "log")

    def write(self, zone, records):
        (self.folder / f"{zone}.zone").write_text(f"$ORIGIN {zone}.\n$TTL 3600\n" + "\n".join(records) + "\n")

    @staticmethod
    def records(kind, domain, server):
        def term(field):
            return raw(field, kind).replace(b" ", b"+")

        spf = b"v=spf1 include:" + term("SPF include") + b" a:" + term("SPF term") + b" zz=" + term("SPF modifier") + b" -all"
        dmarc = b"v=DMARC1; p=" + raw("DMARC p", kind) + b"; rua=mailto:" + raw("DMARC rua", kind) + b"; zz=" + raw("DMARC unknown tag", kind)
        return [
            "@ SOA ns hostmaster 1 60 30 604800 1",
            f"@ NS {server}",
            f"{server} A {ADDRESS}",
            f"@ TXT {strings(spf)}",
            f"_dmarc TXT {strings(dmarc)}",
            f"@ MX 10 {quoted(name('MX', kind))}",
            f"selector1._domainkey CNAME {quoted(name('CNAME of a selector', kind))}",
            f"selector2._domainkey TXT {strings(b'v=DKIM1; k=rsa; n=' + raw('DKIM key record', kind) + b'; p=' + raw('DKIM key record', kind))}",
            f"default._bimi TXT {strings(b'v=BIMI1; l=' + raw('BIMI', kind) + b'; a=' + raw('BIMI', kind))}",
            f"_smtp._tls TXT {strings(b'v=TLSRPTv1; rua=' + raw('TLSRPT', kind))}",
            f"_mta-sts TXT {strings(b'v=STSv1; id=' + raw('MTA-STS', kind) + b';')}",
            f"_postseal TXT {strings(raw('ownership token', kind))}",
        ]


class Looker:
    """Opens pages as somebody who is logged in, and holds against them whatever is not text."""

    def __init__(self, scene, storage):
        self.scene, self.that, self.where = scene, scene.that, {}
        self.page = scene.views.open(portal.ORIGIN, "en", storage=storage)
        self.page.context.add_init_script(WATCH)
        self.faults, self.opened = [], 0
        self.page.on("dialog", lambda dialog: (self.faults.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
        self.page.on("request", lambda request: urllib.parse.urlsplit(request.url).path.startswith("/planted")
                     and self.faults.append(f"a request: {request.url}"))

    def on_phone(self, yes):
        """The same pages, as wide as a phone."""
        self.page.set_viewport_size({"width": 390, "height": 844} if yes else {"width": 1280, "height": 900})

    def open(self, what, path, wait=0):
        self.page.goto(path)
        if wait:
            self.page.wait_for_timeout(wait)
        return self.look(what)

    def look(self, what):
        seen = self.page.evaluate(LOOK)
        self.opened += 1
        self.faults += [f"{what}: {fault}" for fault in seen["found"]]
        if seen["edge"] > 0:
            self.faults.append(f"{what}: {seen['edge']} px over the edge at {self.page.url[:200]}")
        for place, shown in ((what, seen["text"]), (f"field of {what}", seen["typed"])):
            for found in re.findall(r"zq\d\dx\d\d", shown):
                self.where.setdefault(found, set()).add(place)

    def post(self, what, path, fields):
        """A form of a page, sent as the page sends it, with what no field of it would let in."""
        if not self.page.locator("input[name=csrf]").count():
            self.page.goto("/settings/allowed")
        self.page.evaluate("""([path, fields]) => {
          const form = document.createElement("form");
          form.method = "post"; form.action = path;
          for (const [name, value] of Object.entries(fields)) {
            const field = document.createElement("textarea");
            field.name = name; field.value = value; form.append(field);
          }
          const csrf = document.querySelector("input[name=csrf]").cloneNode();
          form.append(csrf); document.body.append(form);
        }""", [path, fields])
        with self.page.expect_navigation():
            self.page.evaluate("document.body.lastElementChild.submit()")
        return self.look(what)

    def end(self, title):
        self.that(not self.faults, f"{title}: text stays text on {self.opened} pages", "\n      ".join(sorted(set(self.faults))[:25]))
        self.scene.views.close(self.page, title)

    def must_show(self, origin):
        """Each field of the table stands as text on each page that the table names, and on no other."""
        missing, astray = [], []
        for field, (of, places) in FIELDS.items():
            if of != origin or places == "refused":
                continue
            limit, _, named = places.rpartition(": ")
            for kind in WANTED.get(limit, KINDS):
                shown = self.where.get(mark(field, kind), set())
                wanted = set() if named == "nowhere" else set(named.split(", "))
                missing += [f"{field}, {kind}: not on {place}" for place in wanted - shown]
                if places == "nowhere" and shown:
                    astray.append(f"{field}, {kind}: on {shown}")
        self.that(not missing, f"{origin}: each string can be read where its field is shown", "\n      ".join(missing[:60]))
        self.that(not astray, f"{origin}: what is not kept is shown nowhere", astray[:20])


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
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=10).stdout


def hostile_mail(scene):
    """Hostile strings in mail, through the milter"""
    here = prepared(scene)
    look = Looker(scene, here.storage)
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
    look = Looker(scene, here.storage)
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
    look = Looker(scene, here.storage)
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
    look = Looker(scene, here.storage)
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
            ("/messages/export/", "export format"),
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
    look = Looker(scene, None)
    for kind in KINDS:
        back, link = (urllib.parse.quote(typed(field, kind), safe="") for field in ("way back after the log-in", "set-up link"))
        look.open("log-in", f"/log-in?to={back}")
        look.post("log-in", "/log-in", {"name": typed("name at the log-in", kind), "password": "x", "to": typed("way back after the log-in", kind)})
        look.open("refused", f"/setup?link={link}")
    look.must_show("strangers")
    look.end("hostile strangers")


CASES = [hostile_mail, hostile_dns, hostile_texts, hostile_forms]
