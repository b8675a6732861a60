"""The domain owners' name servers: a Knot and a BIND, whose zones change by nsupdate as owners change them."""

import base64
import os
import subprocess

from process import PATIENCE, Process, wait_until

SECRET = base64.b64encode(os.urandom(32)).decode()

ZONE = """$TTL 3600
@ SOA ns1 hostmaster 1 60 30 604800 1
@ NS ns1
ns1 A {address}
{more}"""

# BIND's zone names a second server, the provider's, which refuses it: a lame delegation.
MORE = {"knot": "", "bind": "@ NS ns2\nns2 A 198.51.100.43\n"}

KNOT = """server:
  rundir: {folder}
  listen: {address}@53
database:
  storage: {folder}
  journal-db-max-size: 8M
log:
  - target: stderr
    any: warning
key:
  - id: owner
    algorithm: hmac-sha256
    secret: {secret}
acl:
  - id: owner
    key: owner
    action: update
zone:
  - domain: {domain}
    storage: {folder}
    file: zone
    acl: owner
"""

BIND = """key "owner" {{ algorithm hmac-sha256; secret "{secret}"; }};
controls {{ }};
options {{
  directory "{folder}"; pid-file none; session-keyfile "{folder}/session"; managed-keys-directory "{folder}";
  listen-on {{ {address}; }}; listen-on-v6 {{ none; }}; recursion no; dnssec-validation no; notify no;
}};
zone "{domain}" {{ type primary; file "zone"; check-names ignore; allow-update {{ key owner; }}; }};
"""

SERVERS = {"knot": (KNOT, ["knotd", "-c"]), "bind": (BIND, ["named", "-g", "-n", "1", "-c"])}


class Owner:
    """Of one domain, at a server of its own that begins with an empty zone."""

    def __init__(self, work, server, domain, address, occasion):
        self.server, self.domain, self.address = server, domain, address
        folder = work / f"owner-{server}-{occasion}"
        folder.mkdir()
        configuration, command = SERVERS[server]
        (folder / "zone").write_text(ZONE.format(address=address, more=MORE[server]))
        (folder / "conf").write_text(configuration.format(folder=folder, domain=domain, address=address, secret=SECRET))
        self.log = folder / "log"
        self.process = Process(server, [*command, folder / "conf"], self.log)

    def start(self):
        self.process.start()
        wait_until(f"{self.server} answers", lambda: self.domain in self.ask(self.domain, "SOA"))

    def stop(self):
        self.process.terminate()

    def ask(self, name, kind):
        command = ["dig", "+noall", "+answer", "+time=1", "+tries=1", f"@{self.address}", name, kind]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE).stdout

    def add(self, *records):
        """Lines as in a zone file, with whole names."""
        self.update(*(f"update add {record}" for record in records))

    def delete(self, *names):
        self.update(*(f"update delete {name}" for name in names))

    def update(self, *orders):
        said = "\n".join(["check-names no", f"server {self.address}", f"zone {self.domain}", *orders, "send", ""])
        command = ["nsupdate", "-y", f"hmac-sha256:owner:{SECRET}"]
        done = subprocess.run(command, input=said, capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode:
            raise RuntimeError(f"nsupdate: {done.stderr}{done.stdout}")
