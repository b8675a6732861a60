"""All servers of the test, and the two nodes between them."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import login_service
import postfix
from nameservers import SIGNING, Dns
from node import SOURCES, Node, make_key, signing_tables
from sendmail import Sendmail

WORK = Path("/run/e2e")
UNREMARKABLE = re.compile(r'"action":"(deliver|sign)"|connect from|message-id=|removed$|queue active|client=')


class Scene:
    def __init__(self, checks):
        self.checks = checks
        self.that = checks.that
        binary = os.environ["POSTSEAL"]
        self.binary, self.work = binary, WORK
        keys = WORK / "keys"
        keys.mkdir(mode=0o700)
        self.keys = {domain: keys / f"{domain}.pem" for domain in SIGNING}
        with ThreadPoolExecutor() as pool:
            made = pool.map(lambda domain: make_key(binary, self.keys[domain], domain), SIGNING)
        self.records = {(domain, "s1"): text for domain, text in zip(SIGNING, made)}
        self.dns = Dns(WORK, self.records)
        self.signing = signing_tables(self.keys) + SOURCES
        self.sending = Node(WORK, binary, "sending", "mail.contoso.example", 8891, 9117, self.signing)
        self.receiving = Node(WORK, binary, "receiving", "mx.tailspin.example", 8892, 9118)
        self.nodes = [self.sending, self.receiving]
        self.sender = postfix.sender(WORK, self.sending.port)
        self.forwarder = postfix.forwarder(WORK)
        self.receiver = postfix.receiver(WORK, self.receiving.port)
        self.postfixes = [self.sender, self.forwarder, self.receiver]
        self.sendmail = Sendmail(WORK, self.sending.port)

    def start(self):
        login_service.start(WORK / "login.sock")
        self.dns.start()
        servers = [*self.postfixes, self.sendmail]
        for server in servers:
            server.start()
        for node in self.nodes:
            node.start()
        for server in servers:
            server.wait()

    def logs(self, count):
        """The ends of all logs, for somebody who looks for a fault."""
        for path in [*(s.log for s in self.postfixes), *(n.log for n in self.nodes), WORK / "knot/log", WORK / "unbound/log", WORK / "unbound-nodes/log", WORK / "sendmail/log"]:
            if path.exists():
                lines = path.read_text(errors="replace").splitlines()
                yield path, [line for line in lines if not UNREMARKABLE.search(line)][-count:]
