"""The zones, Knot with authority for them, and two resolvers (unbound): the nodes', and everybody else's."""

import signal
import subprocess
from process import PATIENCE, Process, wait_until

RESOLVER = "127.0.0.53"
NODES_RESOLVER = "127.0.0.54"

# Domains of spoofed authors: {domain: DMARC Policy Record or None}. All say that they send no mail.
POLICIES = {
    "rejecting.example": "v=DMARC1; p=reject",
    "setaside.example": "v=DMARC1; p=quarantine",
    "observing.example": "v=DMARC1; p=none",
    "plain.example": None,
    # Asked for by nobody until the resolver is dead.
    **{f"cold{n}.example": "v=DMARC1; p=reject" for n in range(8)},
}

# Domains that the sender signs for.
SIGNING = ("contoso.example", "wingtip.example", "xn--bcher-kva.example")


def zone(keys):
    """`keys`: {(domain, selector): the text of its key record}."""
    lines = [
        "$ORIGIN example.",
        "$TTL 3600",
        "@ SOA ns1 hostmaster 1 60 30 604800 60",
        "@ NS ns1",
        "ns1 A 127.0.0.1",
        "tailspin MX 10 mx.tailspin",
        "mx.tailspin A 198.51.100.30",
        "fabrikam MX 10 fwd.fabrikam",
        "fwd.fabrikam A 198.51.100.20",
        'fabrikam TXT "v=spf1 ip4:198.51.100.20 -all"',
        "mail.contoso A 198.51.100.10",
        "sm.contoso A 198.51.100.60",
        'mail.contoso TXT "v=spf1 a -all"',  # for bounces, which have no MAIL FROM
    ]
    for domain in SIGNING:
        lines.append(f"{domain}. MX 10 mail.contoso")
        lines.append(f'{domain}. TXT "v=spf1 ip4:198.51.100.10 ip4:198.51.100.60 -all"')
        lines.append(f'_dmarc.{domain}. TXT "v=DMARC1; p=reject"')
    for domain, policy in POLICIES.items():
        lines.append(f"{domain}. MX 10 mail.contoso")
        lines.append(f'{domain}. TXT "v=spf1 -all"')
        if policy:
            lines.append(f'_dmarc.{domain}. TXT "{policy}"')
    for (domain, selector), text in keys.items():
        strings = " ".join(f'"{text[at:at + 200]}"' for at in range(0, len(text), 200))
        lines.append(f"{selector}._domainkey.{domain}. TXT {strings}")
    return "\n".join(lines) + "\n"


KNOT = """server:
  rundir: {folder}
  listen: 127.0.0.1@5301
database:
  storage: {folder}/db
  journal-db-max-size: 8M
log:
  - target: stderr
    any: warning
zone:
  - domain: example
    storage: {folder}
    file: zone
"""

UNBOUND = """server:
  interface: {resolver}@53
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: ""
  use-syslog: no
  do-not-query-localhost: no
  module-config: "iterator"
  local-zone: "." static
  local-zone: "example." transparent
  local-zone: "100.51.198.in-addr.arpa." static
  local-data-ptr: "198.51.100.10 mail.contoso.example"
  local-data-ptr: "198.51.100.20 fwd.fabrikam.example"
  local-data-ptr: "198.51.100.60 sm.contoso.example"
  local-zone: "knot.test." transparent
  local-zone: "bind.test." transparent
  local-zone: "keys.provider.test." transparent
stub-zone:
  name: example
  stub-addr: 127.0.0.1@5301
# The owners' servers and the hosting zone's, which run in the cases of hosted.py.
stub-zone:
  name: knot.test
  stub-addr: 198.51.100.41
stub-zone:
  name: bind.test
  stub-addr: 198.51.100.42
stub-zone:
  name: keys.provider.test
  stub-addr: 198.51.100.43
"""


class Dns:
    def __init__(self, work, keys):
        knot = work / "knot"
        (knot / "db").mkdir(parents=True)
        (knot / "zone").write_text(zone(keys))
        (knot / "conf").write_text(KNOT.format(folder=knot))
        self.authority = Process("knot", ["knotd", "-c", knot / "conf"], knot / "log")
        self.resolver = unbound(work / "unbound", RESOLVER)
        self.of_nodes = unbound(work / "unbound-nodes", NODES_RESOLVER)

    def start(self):
        self.authority.start()
        self.resolver.start()
        self.of_nodes.start()
        for address in (RESOLVER, NODES_RESOLVER):
            wait_for(address)

    def stop_resolver(self):
        """The nodes': its port is closed."""
        self.of_nodes.kill()

    def start_resolver(self):
        self.of_nodes.start()
        wait_for(NODES_RESOLVER)

    def hang(self):
        """The nodes' resolver takes questions and answers none."""
        self.of_nodes.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.of_nodes.process.send_signal(signal.SIGCONT)
        wait_for(NODES_RESOLVER)


def unbound(folder, address):
    folder.mkdir()
    (folder / "conf").write_text(UNBOUND.format(folder=folder, resolver=address))
    return Process("unbound", ["unbound", "-d", "-c", folder / "conf"], folder / "log")


def wait_for(address):
    wait_until("the resolver answers", lambda: "mx.tailspin" in ask(address, "tailspin.example", "MX"))


def ask(address, name, kind):
    command = ["dig", "+short", "+time=1", "+tries=1", f"@{address}", name, kind]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE).stdout
