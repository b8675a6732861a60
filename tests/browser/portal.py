"""The portal of a real node: the owner's zone at a Knot, which changes by nsupdate as owners change theirs."""

import json
import re
import subprocess

import hostile_zones
from nameservers import UNBOUND
from owners import Owner
from process import PATIENCE, Process, wait_until

OWNER, HOSTED_DNS, RESOLVER = "198.51.100.41", "198.51.100.43", "127.0.0.53"
HOSTING_ZONE, PORT = "keys.provider.test", 8480
ORIGIN = f"http://127.0.0.1:{PORT}"
PASSWORD = "correct horse battery staple"
BOUNCE = "550 5.7.26 This mail has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM."

# What the walk finds on the pages, by the names that people read.
WORDS = {
    "en": {
        "domains": "Domains", "domain": "Domain", "add": "Add a domain", "verify": "Look for the record now",
        "create": "Create DKIM keys", "toggle": "Sign messages for this domain with DKIM signatures",
        "missing": "no such name (NXDOMAIN)", "signing": "Signing DKIM signatures for this domain",
        "not_signing": "Not signing DKIM signatures for this domain", "explain": "Explain", "paste": "Text of the bounce",
        "rotate": "Rotate DKIM keys", "rotating": "Rotating keys for this domain", "policy": "Policy",
        "copy": "Copy", "copied": "Copied", "check": "Check", "good": "In order", "right": "right", "lookups": "Look-ups: 1 / 10",
        "unproven": "is not verified", "try": "Try a record", "in_place": "Leave them as they are", "proven": "shown to be yours",
    },
    "ja": {
        "domains": "ドメイン", "domain": "ドメイン", "add": "ドメインを追加", "verify": "今すぐレコードを確認",
        "create": "DKIM キーを作成", "toggle": "このドメインのメッセージに DKIM 署名を追加します",
        "missing": "名前がありません", "signing": "このドメインの DKIM 署名をします",
        "not_signing": "このドメインの DKIM 署名をしません", "explain": "解説する", "paste": "配信不能通知またはメッセージの全文",
        "rotate": "DKIM キーのローテーション", "rotating": "ローテーション中", "policy": "ポリシー",
        "copy": "コピー", "copied": "コピーしました", "check": "診断する", "good": "問題ありません", "right": "正しい", "lookups": "DNS 参照: 1 / 10",
        "unproven": "確認できません", "try": "レコードを試す", "in_place": "変更しないでください", "proven": "所有を確認しました",
    },
}

CONFIGURATION = """authserv_id = "mx.provider.test"
[resolver]
servers = ["{resolver}:53"]
[milter]
listen = ["inet:127.0.0.1:8893"]
[log]
format = "json"
[control]
socket = "{folder}/control/socket"
[portal]
listen = "127.0.0.1:{port}"
[store]
path = "{folder}/postseal.db"
key_encryption_key = "file:{folder}/key-encryption-key"
[hosting]
zone = "{zone}"
listen = ["{dns}:53"]
name_servers = ["ns1.{zone}"]
senders = ["ip4:198.51.100.40"]
[hosting.addresses]
"ns1.{zone}" = ["{dns}"]
[keys]
private_servers = ["{owner}", "{dns}", "{hostile}"]
"""

ZONES = {"en": "knot.test", "ja": "bind.test"}


class World:
    """A node with a portal, two owners' zones, and a resolver."""

    def __init__(self, scene):
        self.binary, work = scene.binary, scene.work
        self.owners = {lang: Owner(work, "knot", zone, OWNER if lang == "en" else "198.51.100.42", lang) for lang, zone in ZONES.items()}
        folder = work / "unbound"
        folder.mkdir()
        (folder / "conf").write_text(UNBOUND.format(folder=folder, resolver=RESOLVER) + hostile_zones.RESOLVED)
        self.resolver = Process("unbound", ["unbound", "-d", "-c", folder / "conf"], folder / "log")
        self.folder = work / "node"
        self.folder.mkdir(mode=0o700)
        (self.folder / "postseal.toml").write_text(CONFIGURATION.format(
            folder=self.folder, resolver=RESOLVER, port=PORT, zone=HOSTING_ZONE, dns=HOSTED_DNS, owner=OWNER + '", "198.51.100.42', hostile=hostile_zones.ADDRESS))
        self.log = self.folder / "log"
        self.node = Process("postseal", [self.binary, "serve", "--config", self.folder / "postseal.toml"], self.log)
        self.storage = None

    def start(self):
        for process in (*self.owners.values(), self.resolver, self.node):
            process.start()
        wait_until("the set-up link is in the log", lambda: self.link())

    def link(self):
        """From the log, as whoever starts the node for the first time finds it."""
        found = re.search(rf"{re.escape(ORIGIN)}/setup\S*?(?=[\s\"\\])", self.log.read_text())
        return found and found.group(0)

    def command(self, *words):
        done = subprocess.run([self.binary, *words, "--json", "--socket", f"{self.folder}/control/socket"],
                              capture_output=True, text=True, timeout=PATIENCE)
        return json.loads(done.stdout)

    def stop(self):
        for process in (self.node, self.resolver, *(owner.process for owner in self.owners.values())):
            process.terminate()


_world = []


def world(scene):
    if not _world:
        made = World(scene)
        made.start()
        _world.append(made)
    return _world[0]


def stop():
    for made in _world:
        made.stop()


def set_up(scene):
    """The link of the first start makes the account, once"""
    here, that = world(scene), scene.that
    page = scene.views.open(ORIGIN, "en")
    page.goto("/")
    that(not page.get_by_role("navigation").count(), "without a session no page is shown", page.content())
    link = here.link()
    page.goto(link)
    scene.views.axe(page, "set-up")
    scene.views.shot(page, "set-up")
    page.get_by_label("Name", exact=True).fill("admin")
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    page.locator("main button").click()
    page.wait_for_url(f"{ORIGIN}/")
    that(page.get_by_role("heading", name="Welcome").is_visible(), "a new account is led to its first step", page.content())
    page.goto(link)
    that(not page.locator("input[type=password]").count(), "the link works once", page.content())
    page.goto("/")
    page.get_by_label("Name of the organisation").fill("contoso")
    page.get_by_role("button", name="Make the organisation").click()
    page.wait_for_url("**/o/contoso")
    first = page.get_by_role("link", name="Add a domain")
    that(first.count() == 1 and "main" in first.get_attribute("class"), "an organisation with its initial domain alone is led to a domain of its own", page.content())
    here.storage = page.context.storage_state()
    scene.views.close(page, "set-up")


# The functions of DNSControl that an export calls, and what it makes with them.
DNSCONTROL = """text => {
  let made;
  const record = type => (label, value, ttl) => ({ type, label, value, ttl });
  const extend = (domain, ...records) => { made = { domain, records: records.filter(one => one !== END) }; };
  const END = {};
  new Function("D_EXTEND", "TXT", "CNAME", "TTL", "END", text)(extend, record("TXT"), record("CNAME"), seconds => seconds, END);
  return made;
}"""


def exported(scene, page, domain, lang):
    """What is written for DNSControl is JavaScript, and makes the records of the zone file."""
    zone, script = (page.request.get(f"/o/contoso/domains/{domain}/records/export/{form}").text() for form in ("zone", "dnscontrol"))
    planned = set()
    for line in zone.splitlines():
        if found := re.match(r"(\S+)\. (\d+) IN (TXT|CNAME) (.+)$", line):
            name, ttl, kind, data = found.groups()
            value = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', data)) if kind == "TXT" else data
            planned.add((kind, name, value, int(ttl)))
    blank = page.context.browser.new_page()
    made = blank.evaluate(DNSCONTROL, script)
    blank.close()
    records = {(one["type"], domain if one["label"] == "@" else f"{one['label']}.{domain}", one["value"], one["ttl"]) for one in made["records"]}
    scene.that(made["domain"] == domain and len(planned) >= 3 and records == planned, f"{lang}: DNSControl would make the records of the plan", f"{zone}\n{script}")


def walk(scene, lang):
    """A domain is proven, signs, and has a policy, all by the buttons' names"""
    here, that, words, owner = world(scene), scene.that, WORDS[lang], world(scene).owners[lang]
    domain = owner.domain
    page = scene.views.open(ORIGIN, lang, storage=here.storage)

    def press(name):
        page.get_by_role("button", name=name, exact=True).first.click()
        page.wait_for_load_state()

    page.goto("/")
    page.get_by_role("navigation").get_by_role("link", name=words["domains"], exact=True).click()
    page.locator("#add").get_by_role("textbox", name=words["domain"]).fill(domain)
    press(words["add"])
    that(page.get_by_role("heading", name=domain).is_visible(), f"{lang}: the domain's page", page.url)
    press(words["verify"])
    that(words["unproven"] in page.content(), f"{lang}: without its token it is not proven", page.locator("main").inner_text())
    owner.add(page.locator(".zone-line").first.text_content())
    press(words["verify"])
    page.wait_for_url("**/dkim?*")
    that(words["proven"] in page.get_by_role("status").inner_text(), f"{lang}: it is said that the domain is proven")

    page.goto(f"/o/contoso/domains/{domain}/spf")
    record = f"v=spf1 include:spf.{HOSTING_ZONE} -all"
    page.get_by_label(words["try"]).fill(record)
    page.get_by_text(words["lookups"]).wait_for()
    that(True, f"{lang}: the effect of an SPF record is shown before it is published")
    owner.add(f'{domain}. 3600 TXT "{record}"')

    page.goto(f"/o/contoso/domains/{domain}/dkim")
    press(words["create"])
    page.get_by_role("switch").click()
    page.get_by_role("status").wait_for()
    that(words["not_signing"] in page.content() and words["missing"] in page.content(), f"{lang}: too early, with what was found", page.locator("main").inner_text())
    said = page.get_by_role("status").inner_text()
    named = [f"selector{number} · ns1.{domain} ({owner.address}): {words['missing']}" for number in (1, 2)]
    that(all(line in said for line in named), f"{lang}: the warning names each server and what it answered", said)
    that(page.evaluate("document.activeElement.getAttribute('role')") == "status", f"{lang}: the warning has the focus, so that it is read")
    page.locator("[data-copy]").nth(1).click()
    page.get_by_text(words["copied"]).first.wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    that(copied.endswith(HOSTING_ZONE), f"{lang}: the copy button copies the value", copied)
    scene.views.shot(page, f"too-early-{lang}")
    exported(scene, page, domain, lang)
    lines = [line.text_content() for line in page.locator(".zone-line").all()]
    owner.add(*lines)
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    page.locator(".servers .good").nth(1).wait_for(timeout=PATIENCE * 1000)
    that(page.locator(".servers .bad").count() == 0, f"{lang}: the page follows the DNS by itself", page.locator("main").inner_text())
    page.get_by_role("switch").click()
    page.locator("[role=switch][aria-checked=true]").wait_for()
    that(words["signing"] in page.content(), f"{lang}: it signs", page.locator("main").inner_text())
    that(words["in_place"] in page.content(), f"{lang}: nothing is asked for that is there already", page.locator("main").inner_text())

    page.goto(f"/o/contoso/domains/{domain}/dmarc")
    page.get_by_label(words["policy"], exact=True).select_option("quarantine")
    planned = page.locator("#plan .zone-line").first
    planned.wait_for(state="attached")
    text = planned.text_content()
    that('"v=DMARC1; p=quarantine"' in text, f"{lang}: the editor writes the record", text)
    owner.add(text)

    def found():
        page.goto(f"/check?domain={domain}")
        return not any(missing in page.content() for missing in ("spf.missing", "dmarc.missing"))

    wait_until("check finds what was registered, once the resolver has forgotten that it was missing", found)
    that(page.get_by_role("heading", name=domain).is_visible(), f"{lang}: check finds what was registered")
    page.goto("/explain")
    page.get_by_label(words["paste"]).fill(BOUNCE)
    press(words["explain"])
    that("gmail" in page.locator("main").inner_text().lower(), f"{lang}: a bounce is explained", page.locator("main").inner_text())
    page.goto(f"/o/contoso/domains/{domain}/dkim")
    page.locator("details summary", has_text=words["rotate"]).click()
    press(words["rotate"])
    that(words["rotating"] in page.content(), f"{lang}: a rotation runs", page.locator("main").inner_text())
    scene.views.close(page, f"walk in {lang}")


def walk_in_english(scene):
    """The walk in English"""
    walk(scene, "en")


def walk_in_japanese(scene):
    """The walk in Japanese"""
    walk(scene, "ja")


def by_keyboard(scene):
    """Nothing needs a mouse"""
    here, that = world(scene), scene.that
    page = scene.views.open(ORIGIN, "en")
    page.goto("/o/contoso")
    that("/log-in" in page.url, "without a session there is only the log-in", page.url)
    scene.views.axe(page, "log-in")
    scene.views.shot(page, "log-in")

    def to(description, reached, most=60):
        for _ in range(most):
            if page.evaluate(f"() => {{ const e = document.activeElement; return {reached}; }}"):
                return True
            page.keyboard.press("Tab")
        raise RuntimeError(f"Tab does not reach {description}: {page.url}")

    to("the name", "e.name === 'name'")
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/o/contoso"))
    page.keyboard.press("/")
    page.keyboard.type("knot")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/search"))
    to("the domain", "e.textContent === 'knot.test'")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/dkim"))
    to("the switch", "e.getAttribute('role') === 'switch'")
    page.keyboard.press("Space")
    page.locator("[role=switch][aria-checked=false]").wait_for()
    to("the switch again", "e.getAttribute('role') === 'switch'")
    page.keyboard.press("Enter")
    page.locator("[role=switch][aria-checked=true]").wait_for()
    that(True, "searched, switched off and on again by keys alone")
    scene.views.close(page, "by keyboard")


def without_scripts(scene):
    """Everything can be read, and done, without JavaScript"""
    here, that = world(scene), scene.that
    page = scene.views.open(ORIGIN, "en", storage=here.storage, java_script_enabled=False)
    page.goto(f"/o/contoso/domains/{ZONES['en']}/dkim")
    that("Signing DKIM signatures" in page.content() or "Rotating keys" in page.content(), "the state is there", page.content())
    page.get_by_role("button", name="Check now").click()
    that("Every name server was asked just now" in page.content(), "a button does what it says", page.content())
    page.goto("/check")
    page.get_by_label("Domain").fill(ZONES["en"])
    page.get_by_role("button", name="Check", exact=True).click()
    that("What receivers do" in page.content(), "a domain is checked", page.content())
    page.context.close()
