"""What the receiver changes while its node runs decides about the next message that comes through Postfix."""

import http.cookiejar
import json
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request

from mail import arrived_one, count_of, message, send
from node import Node
from postfix import OUTSIDER, Postfix
from process import PATIENCE, Timeout, wait_until, waited_for_the_machine

ADDRESS, PORT, HOST, DOMAIN = "198.51.100.31", 8894, "mx.decider.example", "decider.example"
PORTAL = "http://127.0.0.1:8490"
TAIL = """
[store]
path = "{folder}/postseal.db"
key_encryption_key = "file:{folder}/key-encryption-key"
[portal]
listen = "127.0.0.1:8490"
"""
IN_FORCE = 3  # seconds until a change is: docs/configuration.md says within 2


class Receiver:
    """A mail server whose node has a store, and so can change its mind."""

    def __init__(self, scene):
        folder = scene.work / "node-deciding"
        self.node = Node(scene.work, scene.binary, "deciding", HOST, PORT, 9120, TAIL.format(folder=folder))
        self.postfix = Postfix(scene.work, "deciding", ADDRESS, HOST)
        self.postfix.use_milter(PORT)
        mail = scene.work / "mail"
        self.postfix.set(
            f"virtual_mailbox_domains = {DOMAIN}\nvirtual_mailbox_base = {mail}\nvirtual_mailbox_maps = static:all/\n"
            f"virtual_uid_maps = static:{mail.stat().st_uid}\nvirtual_gid_maps = static:{mail.stat().st_gid}\n"
        )
        self.binary, self.people = scene.binary, Portal()

    def start(self):
        self.node.start()
        self.postfix.start()
        self.postfix.wait()
        self.people.set_up(wait_until("the set-up link is in the log", self.link))
        self.token = self.command("token", "add", "program", "--scope", "operate")["secret"]

    def link(self):
        found = re.search(rf"{PORTAL}(/setup\?link=[\w-]+)", self.node.log.read_text())
        return found and found.group(1)

    def command(self, *words):
        command = [self.binary, *words, "--json", "--socket", f"{self.node.folder}/control/socket"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode:
            raise RuntimeError(f"postseal {words}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def api(self, method, path, body=None):
        request = urllib.request.Request(
            PORTAL + path, method=method, data=json.dumps(body).encode() if body is not None else None,
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def held(self):
        return [queued for queued in self.postfix.queue() if queued["queue_name"] == "hold"]

    def stop(self):
        self.postfix.master.terminate()
        self.node.process.terminate()
        shutil.rmtree(self.node.folder / "control", ignore_errors=True)


class Portal:
    """As a browser without scripts: pages, cookies and forms."""

    def __init__(self):
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def get(self, path):
        with self.browser.open(PORTAL + path, timeout=PATIENCE) as answer:
            return answer.read().decode()

    def post(self, page, path, **fields):
        csrf = re.search(r'name="csrf" value="([^"]*)"', self.get(page))[1]
        form = urllib.parse.urlencode({"csrf": csrf, **fields}).encode()
        with self.browser.open(urllib.request.Request(PORTAL + path, data=form, headers={"Origin": PORTAL}), timeout=PATIENCE) as answer:
            return answer.read().decode()

    def set_up(self, link):
        secret = link.split("=", 1)[1]
        password = "correct horse battery staple"
        self.post(link, "/setup", link=secret, name="admin", password=password, again=password)


def spoof(user, fields=(), source=OUTSIDER, octets=None):
    octets = octets or message(author="ceo@rejecting.example", to=f"{user}@{DOMAIN}", fields=fields)
    return send(octets, f"{user}@{DOMAIN}", mail_from="ceo@rejecting.example", server=ADDRESS, source=source)


def soon(what, condition):
    """It comes, and in time. What a busy machine waits for its cores and its disk is not counted."""
    begun = time.monotonic() - waited_for_the_machine()
    answer = wait_until(what, condition)
    if (took := time.monotonic() - waited_for_the_machine() - begun) > IN_FORCE:
        raise Timeout(f"{took:.1f} s: {what}")
    return answer


def changed_while_it_runs(scene):
    """A policy, a pair and a sealer that are changed decide about the next message, without a restart"""
    here, that = Receiver(scene), scene.that
    here.start()
    process = here.node.process.process.pid
    refused = lambda user: spoof(user).starts("550 5.7.1")
    that(refused("unchanged"), "as the file has it: a spoof under p=reject is refused")

    said = here.people.post("/settings/receiver", "/settings/receiver", on_reject="quarantine")
    that('value="quarantine" selected' in said, "the portal takes it: set aside instead of refuse", said[-2000:])
    reply = soon("the next spoof is taken", lambda: (got := spoof("setasideanew")).accepted and got)
    that(len(here.held()) == 1 and count_of("setasideanew") == 0, "the next spoof lies in the hold queue", (reply, here.postfix.queue()))
    here.postfix.run("postsuper", "-d", "ALL", "hold")
    here.api("PATCH", "/v1/receiver-policy", {"on_reject": "tag"})
    soon("the next spoof is tagged", lambda: spoof("markedanew").accepted and not here.held())
    that(arrived_one("markedanew").fields("Postseal-Disposition") == ["tag"], "changed again by the API: the next one is delivered with its mark")
    here.api("PATCH", "/v1/receiver-policy", {"on_reject": "file"})
    soon("the file counts again", lambda: refused("backagain"))
    that(True, "set back: the next one is refused")

    ends = time.time() + 12
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ends))
    here.api("POST", "/v1/allowed-pairs", {"author_domain": "rejecting.example", "client": f"{OUTSIDER}/32", "until": until, "note": "for twelve seconds"})
    soon("the pair is in force", lambda: spoof("pairallowed").accepted)
    got = arrived_one("pairallowed")
    that(got.says("dmarc=fail", authserv_id=HOST), "an allowed pair: the next spoof from there is delivered, with its results", got.octets)
    that(not spoof("elsewhere", source="198.51.100.40").accepted, "from elsewhere it is refused as before")
    wait_until("its end is near", lambda: time.time() > ends)
    waited = waited_for_the_machine()
    wait_until("the pair has ended", lambda: time.time() > ends + 0.2 and refused("ended"))
    late = time.time() - ends - (waited_for_the_machine() - waited)
    that(late < 3, f"its end ends it, {late:.1f} s later: refused, and nobody did anything")

    here.command("org", "add", "decider")
    here.command("domain", "add", DOMAIN, "--trust", "--organisation", "decider")
    that(not spoof("sealedanew", octets=sealed(scene, here)).accepted, "sealed by somebody whom nobody trusts: refused")
    here.people.post("/settings/sealers", "/settings/sealers/add", organisation="decider", sealer="wingtip.example")
    soon("the sealer is trusted", lambda: spoof("sealedanew", octets=sealed(scene, here)).accepted)
    got = arrived_one("sealedanew")
    that(got.says("dmarc=fail", "arc=pass", authserv_id=HOST), "its sealer is trusted: the next one is delivered", got.octets)
    here.people.post("/settings/sealers", "/settings/sealers/remove", organisation="decider", sealer="wingtip.example")
    soon("the sealer is trusted no more", lambda: not spoof("sealedanew", octets=sealed(scene, here)).accepted)
    that(True, "removed: refused again")

    rows = here.api("GET", "/v1/audit?limit=1000")["items"]
    did = {f"{row['actor'].split(':')[0]} {row['action']}" for row in rows}
    wanted = {"account receiver.set", "token receiver.set", "token exception.add", "account arc.add", "account arc.remove"}
    that(wanted <= did, "each change is in the audit log, with who made it", sorted(did))
    that(here.node.process.process.pid == process and here.node.process.runs(), "the node was never restarted")
    here.stop()


def sealed(scene, here):
    """Somebody's forwarder has seen it pass, and says so."""
    path = here.node.folder / "forwarded.eml"
    results = "Authentication-Results: fwd.wingtip.example; spf=pass smtp.mailfrom=rejecting.example; dmarc=pass header.from=rejecting.example"
    path.write_bytes(message(author="ceo@rejecting.example", to=f"sealedanew@{DOMAIN}", fields=[results]))
    command = [scene.binary, "arc", "seal", path, "--domain", "wingtip.example", "--selector", "s1", "--key", scene.keys["wingtip.example"],
               "--authserv-id", "fwd.wingtip.example"]
    return subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True).stdout


CASES = [changed_while_it_runs]
