"""Real DNS servers on a free port of the loopback address, gone when this process is."""

import ctypes
import random
import signal
import socket
import subprocess
import time

import dns.message
import dns.query

ADDRESS = "127.0.0.1"


class Server:
    """A server with the given master files: {origin: text}, at a free port or at the place given."""

    def __init__(self, folder, zones, address=ADDRESS, port=None):
        self.folder = folder / f"{self.name}-{address}"
        self.folder.mkdir()
        self.address, self.port = address, port or free_port()
        for origin, text in zones.items():
            (self.folder / f"{origin}.zone").write_text(text)
        config = self.folder / "config"
        config.write_text(self.config(zones))
        self.log = self.folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [*self.command, str(config)], stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent
            )

    def __enter__(self):
        deadline = time.monotonic() + 90
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise RuntimeError(f"{self.name} does not answer:\n{self.log.read_text(errors='replace')}")
            time.sleep(0.05)
        return self

    def answers(self):
        """Any answer counts: a server without zones refuses."""
        question = dns.message.make_query("contoso.example", "SOA")
        try:
            return bool(dns.query.udp(question, self.address, port=self.port, timeout=0.3))
        except (dns.exception.DNSException, OSError):
            return False

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def resolver(self):
        return f"{self.address}:{self.port}"


class Knot(Server):
    name = "knot"
    command = ["knotd", "-c"]

    def config(self, zones):
        lines = [
            "server:", f"  rundir: {self.folder}", f"  listen: {self.address}@{self.port}",
            "database:", f"  storage: {self.folder}", "  journal-db-max-size: 8M",
            "log:", "  - target: stderr", "    any: info",
            "zone:",
        ]
        for origin in zones:
            lines += [f"  - domain: {origin}", f"    storage: {self.folder}", f"    file: {origin}.zone", "    journal-content: none"]
        return "\n".join(lines) + "\n"


class Bind(Server):
    name = "bind"
    command = ["named", "-g", "-n", "1", "-c"]

    def config(self, zones):
        text = f"""
controls {{ }};
options {{
  directory "{self.folder}"; pid-file none; session-keyfile "{self.folder}/session"; managed-keys-directory "{self.folder}";
  listen-on port {self.port} {{ {self.address}; }}; listen-on-v6 {{ none; }}; recursion no; dnssec-validation no;
}};
"""
        for origin in zones:
            text += f'zone "{origin}" {{ type primary; file "{origin}.zone"; }};\n'
        return text


def free_port():
    """A port that neither UDP nor TCP uses, and that the system gives nobody by itself before it is listened on."""
    for _ in range(50):
        port = random.randrange(10_000, 30_000)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind((ADDRESS, port))
                udp.bind((ADDRESS, port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port")


def die_with_parent():
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)
