"""Three Postfixes as Debian ships them, each with its own address, queue and log."""

import json
import os
import shutil
import subprocess

from documented import postfix_lines
from process import PATIENCE, Process, listens, wait_until

SENDER, APPLICATION, FORWARDER, RECEIVER = (f"198.51.100.{n}" for n in (10, 11, 20, 30))
OUTSIDER = "203.0.113.66"
UNJUDGED_PORT = 2600  # of the receiver, without a milter: what it shows is what came

MAIN_CF = """compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
shlib_directory = /usr/lib/postfix
meta_directory = {folder}/etc
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
syslog_name = {name}
myhostname = {host}
myorigin = {domain}
mydestination =
inet_interfaces = {address}
inet_protocols = ipv4
smtp_bind_address = {address}
mynetworks = 127.0.0.0/8 {trusted}
alias_maps =
alias_database =
local_recipient_maps =
message_size_limit = 50000000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtpd_error_sleep_time = 0
in_flow_delay = 0
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
"""


class Postfix:
    def __init__(self, work, name, address, host, trusted=""):
        self.name, self.address, self.host, self.trusted = name, address, host, trusted
        self.domain = host.split(".", 1)[1]
        self.folder = work / f"postfix-{name}"
        self.log = self.folder / "log"
        self.make_folders()
        self.set(MAIN_CF.format(**vars(self)))
        self.write_master_cf()
        self.master = Process(name, ["/usr/lib/postfix/sbin/master", "-d", "-c", self.folder / "etc"], work / f"{name}.out")

    def make_folders(self):
        (self.folder / "etc").mkdir(parents=True)
        shutil.copy("/etc/postfix/postfix-files", self.folder / "etc")
        shutil.copy("/usr/share/postfix/dynamicmaps.cf", self.folder / "etc")
        owned = "active bounce corrupt defer deferred flush hold incoming private saved trace".split()
        folders = {"data": 0o700} | {f"spool/{queue}": 0o700 for queue in owned} | {"spool/maildrop": 0o730, "spool/public": 0o710}
        for path, mode in folders.items():
            path = self.folder / path
            path.mkdir(parents=True)
            shutil.chown(path, "postfix", "postdrop")
            path.chmod(mode)
        (self.folder / "spool/pid").mkdir()

    def set(self, lines):
        with open(self.folder / "etc/main.cf", "a") as file:
            file.write(lines)

    def write_master_cf(self):
        """No chroot, which Debian's file says, and the own address only."""
        lines = []
        for line in open("/usr/share/postfix/master.cf.dist"):
            if line[0].isalpha():
                words = line.split()
                words[4] = "n"
                if words[:2] == ["smtp", "inet"]:
                    words[0] = f"{self.address}:25"
                line = " ".join(words) + "\n"
            lines.append(line)
        (self.folder / "etc/master.cf").write_text("".join(lines))

    def use_milter(self, port):
        self.set(postfix_lines(port))

    def start(self):
        for path in (self.folder / "etc").iterdir():  # Postfix waits up to 2 s for a file that was just written
            os.utime(path, (0, 0))
        self.master.start()

    def wait(self):
        wait_until(f"{self.name} listens", lambda: listens(self.address, 25))

    def queue(self):
        """Of each message in the queue: what postqueue -j says."""
        said = self.run("postqueue", "-j")
        return [json.loads(line) for line in said.splitlines()]

    def run(self, program, *arguments, octets=b""):
        command = [f"/usr/sbin/{program}", *arguments]
        environment = {**os.environ, "MAIL_CONFIG": str(self.folder / "etc")}
        done = subprocess.run(command, input=octets, capture_output=True, timeout=PATIENCE, env=environment)
        if done.returncode:
            raise RuntimeError(f"{program}: exit {done.returncode}: {done.stderr.decode(errors='replace')}")
        return done.stdout.decode(errors="replace")


def sender(work, milter_port):
    """Contoso's server; users log in, one application server need not."""
    postfix = Postfix(work, "sender", SENDER, "mail.contoso.example", trusted=APPLICATION)
    postfix.use_milter(milter_port)
    postfix.set(
        "smtpd_sasl_auth_enable = yes\n"
        "smtpd_sasl_type = dovecot\n"
        f"smtpd_sasl_path = {work}/login.sock\n"
        "virtual_alias_domains = inbound.example\n"
        "virtual_alias_maps = regexp:{ { /^(.*)@inbound.example$$/ $$1@tailspin.example } }\n"
    )
    return postfix


def forwarder(work):
    """Fabrikam's server sends on all its mail, with its own address as the client."""
    postfix = Postfix(work, "forwarder", FORWARDER, "fwd.fabrikam.example")
    postfix.set("virtual_alias_domains = fabrikam.example\nvirtual_alias_maps = regexp:{ { /^(.*)@fabrikam.example$$/ $$1@tailspin.example } }\n")
    return postfix


def receiver(work, milter_port):
    """Tailspin's server: every user exists; one Maildir for all."""
    postfix = Postfix(work, "receiver", RECEIVER, "mx.tailspin.example")
    postfix.use_milter(milter_port)
    mail = work / "mail"
    mail.mkdir()
    shutil.chown(mail, "vmail", "vmail")
    postfix.set(
        "virtual_mailbox_domains = tailspin.example\n"
        f"virtual_mailbox_base = {mail}\n"
        "virtual_mailbox_maps = static:all/\n"
        f"virtual_uid_maps = static:{os.stat(mail).st_uid}\n"
        f"virtual_gid_maps = static:{os.stat(mail).st_gid}\n"
    )
    with open(postfix.folder / "etc/master.cf", "a") as file:
        file.write(f"{RECEIVER}:{UNJUDGED_PORT} inet n - n - - smtpd -o smtpd_milters= -o mynetworks=198.51.100.0/24\n")
    return postfix
