"""Zones of somebody who means ill, at a Knot."""

from hostile_fields import KINDS, name, raw
from hostile_strings import quoted, strings
from process import Process

PARENT, ADDRESS, REVERSE = "hostile.test", "198.51.100.44", "113.0.203.in-addr.arpa"
DOMAINS = {kind: f"h{number}.{PARENT}" for number, kind in enumerate(KINDS)}
CLIENTS = {kind: f"203.0.113.{number + 10}" for number, kind in enumerate(KINDS)}

# What leads a resolver there.
RESOLVED = f"""server:
  local-zone: "{PARENT}." transparent
  local-zone: "{REVERSE}." transparent
stub-zone:
  name: {PARENT}
  stub-addr: {ADDRESS}
stub-zone:
  name: {REVERSE}
  stub-addr: {ADDRESS}
"""

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
