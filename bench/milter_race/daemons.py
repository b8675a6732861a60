"""The filters that race, the resolver that all of them ask, and the syslog that takes the lines of the peers."""

import os
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests/e2e"))
from process import Process, wait_until  # noqa: E402

ID = "mx.tailspin.example"
CLIENT = "198.51.100.25"
WORK = Path("/run/milter")
NEGOTIATION = struct.pack(">IcIII", 13, b"O", 6, 0x1FF, 0x1FF7FF)


class Filter:
    """One or several programs, one after another, on a unix socket and on TCP. `commands` of a peer that listens on one
    socket only has each of its programs twice."""

    name = "?"
    checks = "spf,dkim,dmarc,arc"

    def __init__(self):
        self.folder = WORK / self.name
        self.folder.mkdir(mode=0o755, exist_ok=True)
        self.processes = []

    def commands(self):
        """(socket kind, command) of each program; kind None: both."""
        raise NotImplementedError

    def places(self, kind):
        raise NotImplementedError

    def start(self):
        """Seconds from the first program's start until all have answered a negotiation."""
        begun = time.monotonic()
        for number, (kind, command) in enumerate(self.commands()):
            process = Process(self.name, command, self.folder / f"log{number}")
            process.start()
            self.processes.append((kind, process))
        for kind in ("unix", "inet"):
            for place in self.places(kind):
                wait_until(f"{self.name} answers on {place}", lambda place=place: self.all_run() and answers(place), 120)
        return time.monotonic() - begun

    def all_run(self):
        if not all(process.runs() for _, process in self.processes):
            raise SystemExit(f"{self.name} has ended:\n" + "".join(log.read_text() for log in self.folder.glob("log*")))
        return True

    def pids(self, kind):
        return [str(process.process.pid) for of, process in self.processes if of in (None, kind)]

    def stop(self):
        for _, process in self.processes:
            process.terminate()
        self.processes = []


def answers(place):
    """Whether a filter negotiates there."""
    kind, _, address = place.partition(":")
    try:
        if kind == "unix":
            link = socket.socket(socket.AF_UNIX)
            link.settimeout(5)
            link.connect(address)
        else:
            host, port = address.rsplit(":", 1)
            link = socket.create_connection((host, int(port)), timeout=5)
        with link:
            link.sendall(NEGOTIATION)
            return link.recv(5)[4:] == b"O"
    except OSError:
        return False


class Postseal(Filter):
    name = "postseal"

    def __init__(self, binary, signing=None):
        """`signing`: the text of a domains file and of further settings, for own mail."""
        super().__init__()
        self.binary = binary
        domains = ""
        if signing is not None:
            (self.folder / "domains").write_text(signing)
            domains = '[sign]\ndomains_file = "domains"\n[[sign.source]]\nlogin = "*"\nall_domains = true\n'
        (self.folder / "postseal.toml").write_text(
            f'authserv_id = "{ID}"\n'
            '[resolver]\nservers = ["127.0.0.1:53"]\n'
            f'[milter]\nlisten = ["inet:127.0.0.1:8891", "unix:{self.folder}/socket"]\n'
            f'[receive]\ncontact = "postmaster@{ID}"\n'
            f'[control]\nsocket = "{self.folder}/control/socket"\n' + domains
        )

    def commands(self):
        return [(None, [self.binary, "serve", "--config", self.folder / "postseal.toml"])]

    def places(self, kind):
        return [f"unix:{self.folder}/socket" if kind == "unix" else "inet:127.0.0.1:8891"]


class OpenDkim(Filter):
    """OpenDKIM alone: signs, or verifies as the first of a chain."""

    name = "opendkim"
    checks = "dkim"
    port = 8901

    def __init__(self, signing=None):
        """`signing`: the texts of KeyTable and SigningTable."""
        super().__init__()
        self.kinds = ("unix", "inet") if signing is None else ("unix",)
        mode = "Mode v\n"
        if signing is not None:
            for file, text in zip(("keys", "signing"), signing):
                (self.folder / file).write_text(text)
            mode = f"Mode s\nKeyTable {self.folder}/keys\nSigningTable {self.folder}/signing\nInternalHosts {CLIENT}\n"
        for kind in self.kinds:
            (self.folder / kind).write_text(
                f"Socket {self.socket(kind)}\nAuthservID {ID}\nNameservers 127.0.0.1\nRequireSafeKeys no\n"
                "Syslog yes\nSyslogSuccess yes\nLogResults yes\n" + mode
            )

    def socket(self, kind):
        return f"local:{self.folder}/socket" if kind == "unix" else f"inet:{self.port}@127.0.0.1"

    def commands(self):
        return [(kind, ["opendkim", "-f", "-x", self.folder / kind]) for kind in self.kinds]

    def places(self, kind):
        if kind not in self.kinds:
            return []
        return [f"unix:{self.folder}/socket" if kind == "unix" else f"inet:127.0.0.1:{self.port}"]


class OpenDmarc(Filter):
    """OpenDMARC, which checks SPF too."""

    name = "opendmarc"
    checks = "spf,dmarc"
    port = 8902

    def __init__(self):
        super().__init__()
        for kind in ("unix", "inet"):
            (self.folder / kind).write_text(
                f"Socket {self.socket(kind)}\nAuthservID {ID}\nTrustedAuthservIDs {ID}\nSyslog true\n"
                "SPFSelfValidate true\nSPFIgnoreResults true\nRejectFailures false\nAutoRestart false\nBackground false\n"
            )

    socket = OpenDkim.socket

    def commands(self):
        return [(kind, ["opendmarc", "-f", "-c", self.folder / kind]) for kind in ("unix", "inet")]

    def places(self, kind):
        return [f"unix:{self.folder}/socket" if kind == "unix" else f"inet:127.0.0.1:{self.port}"]


class Chain(Filter):
    """OpenDKIM, then OpenDMARC: the usual pair. Neither knows ARC."""

    name = "opendkim+opendmarc"
    checks = "spf,dkim,dmarc"

    def __init__(self):
        super().__init__()
        self.parts = (OpenDkim(), OpenDmarc())

    def commands(self):
        return [command for part in self.parts for command in part.commands()]

    def places(self, kind):
        return [place for part in self.parts for place in part.places(kind)]


class Rspamd(Filter):
    name = "rspamd"
    port = 11332

    def __init__(self):
        super().__init__()
        folder = self.folder
        subprocess.run(["chown", "vmail:vmail", folder], check=True)
        (folder / "tld").write_text("com\nexample\n")
        (folder / "rspamd.lua").write_text('require "global_functions" ()\nconfig["regexp"] = {}\nrspamd_maps = {}\n')
        (folder / "plugins").mkdir(exist_ok=True)
        for plugin in ("spf", "arc", "dmarc", "milter_headers"):
            (folder / f"plugins/{plugin}.lua").symlink_to(f"/usr/share/rspamd/plugins/{plugin}.lua")
        (folder / "config").write_text(RSPAMD.format(folder=folder, port=self.port))

    def commands(self):
        return [(None, ["rspamd", "-f", "-u", "vmail", "-g", "vmail", "-c", self.folder / "config"])]

    def places(self, kind):
        return [f"unix:{self.folder}/socket" if kind == "unix" else f"inet:127.0.0.1:{self.port}"]


# The four checks and the field alone: no rules for spam, no Redis.
RSPAMD = """
options {{ pidfile = "{folder}/pid"; control_socket = "{folder}/ctl"; rrd = false; history_file = "{folder}/hist"; hs_cache_dir = "{folder}";
  stats_file = "{folder}/stats"; cache_file = "{folder}/cache"; dynamic_conf = "{folder}/dyn"; url_tld = "{folder}/tld"; filters = "dkim";
  local_addrs = []; disable_hyperscan = true; dns {{ timeout = 2s; nameserver = ["127.0.0.1:53:1"]; }} }}
logging {{ type = "file"; filename = "{folder}/messages"; level = "info"; }}
worker "rspamd_proxy" {{ bind_socket = "127.0.0.1:{port}"; bind_socket = "{folder}/socket mode=0666"; milter = yes; count = 1; timeout = 20s;
  upstream "local" {{ default = yes; self_scan = yes; }} }}
modules {{ path = "{folder}/plugins/"; }} lua = "{folder}/rspamd.lua";
dkim {{ dkim_cache_size = 2k; }} spf {{ spf_cache_size = 2k; }} arc {{ }} dmarc {{ actions = {{ reject = "reject"; quarantine = "add_header"; }} }}
actions {{ reject = 100; add_header = 60; }}
milter_headers {{ use = ["authentication-results"]; authenticated_headers = ["authentication-results"]; }}
"""


class Resolver(Process):
    """unbound with the corpus's zone as the root: all answers are one local hop away."""

    def __init__(self, zone):
        config = WORK / "unbound.conf"
        config.write_text(
            f'server: interface: 127.0.0.1@53 username: "" chroot: "" directory: "{WORK}" pidfile: "" use-syslog: no '
            'do-not-query-localhost: no module-config: "iterator"\n'
            f'auth-zone: name: "." zonefile: "{zone}" for-downstream: no for-upstream: yes fallback-enabled: no\n'
        )
        super().__init__("unbound", ["unbound", "-d", "-c", config], WORK / "unbound.log")


class Syslog(threading.Thread):
    """Takes what is logged, and counts the lines."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        self.lines = 0

    def run(self):
        while True:
            self.socket.recv(8_192)
            self.lines += 1
