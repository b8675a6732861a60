"""The walk with nothing of ours in the middle: the owner's zone on a real server, a real Postfix, other verifiers."""

import functools
import json
import signal
import subprocess
import time
from pathlib import Path

import dkim

from mail import arrived, arrived_one, message, send
from node import Node
from owners import Owner
from postfix import OUTSIDER, Postfix
from process import PATIENCE, wait_until

PROVIDER, KNOT, BIND, HOSTED_DNS = (f"198.51.100.{n}" for n in (40, 41, 42, 43))
OWNERS = {"knot": ("knot.test", KNOT), "bind": ("bind.test", BIND)}
HOSTING_ZONE = "keys.provider.test"
MAIL_DKIM = Path(__file__).resolve().parent / "mail_dkim_verify.pl"


def tail(folder):
    return f"""
[store]
path = "{folder}/postseal.db"
key_encryption_key = "file:{folder}/key-encryption-key"
[hosting]
zone = "{HOSTING_ZONE}"
listen = ["{HOSTED_DNS}:53"]
name_servers = ["ns1.{HOSTING_ZONE}"]
senders = ["ip4:{PROVIDER}"]
[hosting.addresses]
"ns1.{HOSTING_ZONE}" = ["{HOSTED_DNS}"]
[keys]
private_servers = ["{KNOT}", "{BIND}", "{HOSTED_DNS}"]
[[sign.source]]
login = "*@knot.test"
organisations = ["knot"]
[[sign.source]]
login = "*@bind.test"
organisations = ["bind"]
[[sign.source]]
login = "*@knot.{HOSTING_ZONE}"
organisations = ["knot"]
"""


class Provider:
    """Hosts keys, and sends mail through a Postfix of its own."""

    def __init__(self, work, binary, login_socket):
        folder = work / "node-provider"
        self.binary = binary
        self.node = Node(work, binary, "provider", "out.provider.test", 8893, 9119, tail(folder))
        self.postfix = Postfix(work, "provider", PROVIDER, "out.provider.test")
        self.postfix.use_milter(self.node.port)
        self.postfix.set(f"smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = {login_socket}\n")

    def start(self):
        self.node.start()
        self.postfix.start()
        self.postfix.wait()

    def command(self, *words, organisation=None):
        """Exit status, and what it says as JSON or as text."""
        command = [self.binary, *words, "--json", "--socket", f"{self.node.folder}/control/socket"]
        if organisation:
            command += ["--organisation", organisation]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        try:
            return done.returncode, json.loads(done.stdout)
        except ValueError:
            return done.returncode, done.stdout + done.stderr

    def must(self, *words, organisation=None, status=0):
        got, said = self.command(*words, organisation=organisation)
        if got != status:
            raise RuntimeError(f"postseal {' '.join(words)}: exit {got}, not {status}: {said}")
        return said


_provider = []


def provider(scene):
    """Started by the first case that needs it."""
    if not _provider:
        made = Provider(scene.work, scene.binary, scene.work / "login.sock")
        made.start()
        _provider.append(made)
    return _provider[0]


def walk(scene, server):
    """A domain registers two CNAMEs and is signed"""
    domain, address = OWNERS[server]
    host, owner, that = provider(scene), Owner(scene.work, server, domain, address, "walk"), scene.that
    ask = functools.partial(host.must, organisation=server)
    author, user = f"jo@{domain}", f"hosted{server}"
    owner.start()
    owner.add(f'{domain}. 3600 TXT "v=spf1 include:spf.{HOSTING_ZONE} -all"', f'_dmarc.{domain}. 1 TXT "v=DMARC1; p=none"')

    host.must("org", "add", server)
    claim = ask("domain", "add", domain)
    status, said = host.command("domain", "verify", domain, organisation=server)
    that(status == 1, f"{server}: a domain without its token is not verified", said)
    owner.add(claim["ownership_record"]["zone_line"])
    ask("domain", "verify", domain)
    that(ask("dkim", "get", domain)["Status"] == "NoDKIMKeys", f"{server}: verified, without keys")

    status, said = host.command("dkim", "new", domain, "--enabled", "true", organisation=server)
    configuration = ask("dkim", "get", domain)
    that(status == 1 and configuration["Status"] == "CnameMissing" and not configuration["Enabled"], f"{server}: made and not enabled while the CNAMEs are missing", (status, said, configuration))
    send(message(author=author), f"{user}early@tailspin.example", mail_from=author, server=PROVIDER, login=author)
    that(arrived_one(f"{user}early").signed_by() == [], f"{server}: nothing is signed with a key that nobody can find")

    for number in (1, 2):
        target = configuration[f"Selector{number}CNAME"]
        owner.add(f"selector{number}._domainkey.{domain}. 3600 CNAME {target}.")
    ask("dkim", "set", domain, "--enabled", "true")
    send(message(author=author), f"{user}@tailspin.example", mail_from=author, server=PROVIDER, login=author)
    got = arrived_one(user)
    that(got.signed_by() == [domain], f"{server}: signed from the next message on", got.octets)
    that(got.says("spf=pass", "dkim=pass", "dmarc=pass"), f"{server}: spf, dkim and dmarc pass", got.octets)
    that(verified_by_dkimpy(got.octets), f"{server}: dkimpy verifies it through the CNAME")
    that(verified_by_mail_dkim(got.octets) == "pass", f"{server}: Mail::DKIM verifies it through the CNAME", verified_by_mail_dkim(got.octets))

    owner.delete(f"_dmarc.{domain}. TXT")
    owner.add(f'_dmarc.{domain}. 1 TXT "v=DMARC1; p=reject"')
    wait_until("the policy is seen", lambda: spoof_is_refused(author, user))
    send(message(author=author), f"{user}@fabrikam.example", mail_from=author, server=PROVIDER, login=author)
    forwarded = arrived(user, 2)[1]
    that(forwarded.says("spf=fail", "dkim=pass", "dmarc=pass"), f"{server}: forwarded, SPF fails and DMARC passes", forwarded.octets)
    owner.stop()


def spoof_is_refused(author, user):
    reply = send(message(author=author), f"{user}spoof@tailspin.example", mail_from=author, server="198.51.100.30", source=OUTSIDER)
    return reply.starts("550 5.7.1")


# What the owner registers in place of selector1's CNAME, and what each server that answers shows then.
# {name} is the right name, {target} the right target, {domain} the domain, {zone} the hosting zone.
MISTAKES = [
    ("nothing", [], "nxdomain", None),
    ("a TXT record", ['{name}. 1 TXT "v=DKIM1; p=AAAA"'], "txt_instead", None),
    ("the other selector's CNAME", ["{name}. 1 CNAME selector2-x._domainkey.{zone}."], "wrong_target", "Postseal"),
    ("Microsoft 365's CNAME", ["{name}. 1 CNAME selector1-find-test._domainkey.find.onmicrosoft.com."], "wrong_target", "Microsoft 365"),
    ("the domain twice", ["{name}.{domain}. 1 CNAME {target}."], "doubled_suffix", None),
    ("addresses, as a proxy answers", ["{name}. 1 A 192.0.2.1"], "proxied", None),
    ("a record below the name", ['x.{name}. 1 TXT "x"'], "no_data", None),
]


def mistakes(scene, server):
    """What a real server shows of each mistake"""
    zone, address = OWNERS[server]
    domain = f"find.{zone}"
    host, owner, that = provider(scene), Owner(scene.work, f"{server}", zone, address, "findings"), scene.that
    ask = functools.partial(host.command, organisation=f"find-{server}")
    owner.start()
    host.must("org", "add", f"find-{server}")
    ask("domain", "add", domain, "--trust")
    ask("dkim", "new", domain)
    _, configuration = ask("dkim", "get", domain)
    name, target = f"selector1._domainkey.{domain}", configuration["Selector1CNAME"]
    for what, records, finding, whose in MISTAKES:
        records = [record.format(name=name, target=target, domain=domain, zone=HOSTING_ZONE) for record in records]
        if records:
            owner.add(*records)
        status, said = ask("dkim", "set", domain, "--enabled", "true")
        found = said["configuration"]["Selector1Found"] if isinstance(said, dict) else []
        shown = [(one["Address"], one["Finding"], one["Whose"]) for one in found]
        that(status == 1 and (address, finding, whose) in shown, f"{server}: {what}: {finding}", (status, said))
        if finding in ("nxdomain", "no_data"):
            that(all(one["OthersMayHoldUntil"] for one in found if one["Finding"] == finding), f"{server}: {what}: until when others may hold it", found)
        if whose == "Microsoft 365":
            that(said["configuration"]["ProposedSelectors"] == ["ps1", "ps2"], f"{server}: {what}: other selectors are proposed", said)
        if records:
            owner.delete(*(record.split(" ")[0] for record in records))
    if server == "bind":
        others = [one for one in found if one["Address"] == HOSTED_DNS]
        that([one["Finding"] for one in others] == ["no_answer"], "bind: a server that refuses the zone has no answer", others)
    owner.add(f"{name}. 1 CNAME {target}.")
    owner.process.process.send_signal(signal.SIGSTOP)
    status, said = ask("dkim", "set", domain, "--enabled", "true")
    owner.process.process.send_signal(signal.SIGCONT)
    shown = [one["Finding"] for one in said["configuration"]["Selector1Found"] if one["Address"] == address]
    that(status == 1 and shown == ["no_answer"], f"{server}: a server that is silent: no_answer, never absent", (status, said))
    status, said = ask("dkim", "set", domain, "--enabled", "true")
    that(status == 0, f"{server}: right at every server that answers: enabled", (status, said))
    owner.stop()


def mistakes_at_knot(scene):
    """Each mistake in a zone at Knot"""
    mistakes(scene, "knot")


def mistakes_at_bind(scene):
    """Each mistake in a zone at BIND, one of whose servers refuses"""
    mistakes(scene, "bind")


def initial_domain(scene):
    """The initial domain is signed without any record of its owner's"""
    host = provider(scene)
    author = f"jo@knot.{HOSTING_ZONE}"

    def signed():
        send(message(author=author), "hostedinitial@tailspin.example", mail_from=author, server=PROVIDER, login=author)
        got = arrived("hostedinitial")[-1]
        return got if got.signed_by() else None

    got = wait_until("the initial domain is signed", signed)
    scene.that(got.says("spf=pass", "dkim=pass", "dmarc=pass"), "the initial domain: spf, dkim and dmarc pass", got.octets)
    status, said = host.command("audit", "verify")
    scene.that(status == 0, "the audit log is whole", said)


def without_the_store(scene):
    """A node whose store is gone signs after a restart"""
    host = provider(scene)
    author = f"jo@knot.{HOSTING_ZONE}"
    host.node.process.terminate()
    store = host.node.folder / "postseal.db"
    files = [path for path in host.node.folder.iterdir() if path.name.startswith("postseal.db")]
    for path in files:
        path.rename(path.with_name(f"away-{path.name}"))
    store.mkdir()  # nothing can be opened there
    host.node.start()
    send(message(author=author), "hostedaway@tailspin.example", mail_from=author, server=PROVIDER, login=author)
    got = arrived_one("hostedaway")
    scene.that(got.signed_by() == [f"knot.{HOSTING_ZONE}"] and got.says("dkim=pass"), "signed, and the key is served, without the store", got.octets)
    host.node.process.terminate()
    store.rmdir()
    for path in files:
        path.with_name(f"away-{path.name}").rename(path)
    host.node.start()


def verified_by_dkimpy(octets):
    return dkim.verify(without_delivery_fields(octets))


def verified_by_mail_dkim(octets):
    done = subprocess.run(["perl", MAIL_DKIM], input=without_delivery_fields(octets), capture_output=True, timeout=PATIENCE)
    return done.stdout.decode().strip() or done.stderr.decode()


def without_delivery_fields(octets):
    """The message as it came in: what stands above the signature is the receiver's."""
    at = octets.index(b"DKIM-Signature:")
    return octets[at:]


def walk_at_knot(scene):
    """The owner's zone at Knot"""
    walk(scene, "knot")


def walk_at_bind(scene):
    """The owner's zone at BIND"""
    walk(scene, "bind")


def sandbox(scene):
    """The sandbox's walk, on a machine with nothing but loopback"""
    start = time.monotonic()
    done = subprocess.run([scene.binary, "sandbox", "--script"], capture_output=True, text=True, timeout=5 * PATIENCE)
    took = time.monotonic() - start
    scene.that(done.returncode == 0, f"postseal sandbox --script: {took:.1f} s", done.stdout[-2000:] + done.stderr)


CASES = [sandbox, walk_at_knot, walk_at_bind, mistakes_at_knot, mistakes_at_bind, initial_domain, without_the_store]
