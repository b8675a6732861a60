"""`postseal serve`, its configuration, and what can be asked of it."""

import json
import re
import signal
import subprocess
import urllib.error
import urllib.request

from nameservers import NODES_RESOLVER
from process import PATIENCE, Process, wait_until


class Node:
    def __init__(self, work, binary, name, authserv_id, port, http_port, tail=""):
        self.name, self.authserv_id, self.port, self.http_port = name, authserv_id, port, http_port
        self.binary, self.tail = binary, tail
        self.folder = work / f"node-{name}"
        self.folder.mkdir(mode=0o700)
        self.config, self.log = self.folder / "postseal.toml", self.folder / "log"
        self.process = Process(f"postseal {name}", [binary, "serve", "--config", self.config], self.log)
        self.configure()

    def configure(self, receive="", sign="", tail=None):
        """Writes the file: `receive` and `sign` are lines of these tables."""
        self.config.write_text(
            f'authserv_id = "{self.authserv_id}"\n'
            f'[resolver]\nservers = ["{NODES_RESOLVER}:53"]\n'
            f'[milter]\nlisten = ["inet:127.0.0.1:{self.port}"]\n'
            f'[receive]\ncontact = "postmaster@{self.authserv_id}"\n{receive}\n'
            f"[sign]\n{sign}\n{self.tail if tail is None else tail}\n"
            '[log]\nformat = "json"\n'
            f'[http]\nlisten = "127.0.0.1:{self.http_port}"\n'
            f'[control]\nsocket = "{self.folder}/control/socket"\n'
        )

    def start(self):
        self.process.start()
        self.wait()

    def wait(self):
        def ready():
            if not self.process.runs():
                raise RuntimeError(f"{self.process.name} has ended:\n{self.log.read_text()[-3000:]}")
            return self.get("/readyz") is not None
        wait_until(f"{self.process.name} is ready", ready)

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", timeout=10) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, OSError):
            return None

    def metric(self, pattern):
        """The sum of the metrics whose line begins so."""
        lines = re.findall(rf"^{pattern}\S* (\S+)$", self.get("/metrics") or "", re.MULTILINE)
        return sum(float(number) for number in lines)

    def kill(self):
        self.process.kill()

    def restart(self):
        if self.process.runs():
            self.process.terminate()
        self.start()

    def take_over(self):
        """A new process in the place of this one; returns the old one."""
        said = "the sockets of the node before are this one's"
        old, before = self.process, self.log.read_text().count(said)
        command = [word for word in old.command if word != "--take-over"] + ["--take-over"]
        self.process = Process(old.name, command, self.log)
        self.process.start()
        wait_until("the new process has the sockets", lambda: self.log.read_text().count(said) > before)
        # A later start is one afresh.
        self.process.command.remove("--take-over")
        return old

    def hang_up(self):
        self.process.process.send_signal(signal.SIGHUP)

    def reload(self):
        """`postseal reload`: exit status and what it printed."""
        command = [self.binary, "reload", "--socket", f"{self.folder}/control/socket"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        return done.returncode, done.stdout + done.stderr

    def must_reload(self, **settings):
        self.configure(**settings)
        status, said = self.reload()
        if status:
            raise RuntimeError(f"postseal reload: exit {status}: {said}")

    def lines(self):
        """The log, as objects."""
        made = []
        for line in self.log.read_text(errors="replace").splitlines():
            try:
                made.append(json.loads(line))
            except ValueError:
                made.append({"event": "not JSON", "line": line})
        return made

    def memory(self):
        """Resident, in MB."""
        status = open(f"/proc/{self.process.process.pid}/status").read()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def signing_tables(keys):
    """A [[sign.domain]] for each key."""
    return "".join(f'[[sign.domain]]\nname = "{domain}"\nselector = "s1"\nkey_file = "{path}"\n' for domain, path in keys.items())


# Who may sign as whom.
SOURCES = """
[[sign.source]]
login = "*@contoso.example"
domains = ["contoso.example", "xn--bcher-kva.example"]
[[sign.source]]
login = "*@wingtip.example"
domains = ["wingtip.example"]
[[sign.source]]
network = "198.51.100.11"
domains = ["contoso.example", "wingtip.example"]
[[sign.source]]
local = true
domains = ["contoso.example"]
"""


def make_key(binary, path, domain):
    """The key record's text."""
    command = [binary, "keygen", "--out", str(path), "--domain", domain, "--selector", "s1", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return json.loads(done.stdout)["dns"]["value"]
