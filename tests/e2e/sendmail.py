"""Debian's Sendmail, which passes on what it accepts to the receiver's port without a milter."""

import subprocess

from documented import sendmail_lines
from postfix import RECEIVER, UNJUDGED_PORT
from process import Process, listens, wait_until

ADDRESS = "198.51.100.60"

MC = """OSTYPE(`debian')dnl
DOMAIN(`debian-mta')dnl
undefine(`confHOST_STATUS_DIRECTORY')dnl
define(`confDOMAIN_NAME', `sm.contoso.example')dnl
define(`QUEUE_DIR', `{folder}/queue')dnl
define(`STATUS_FILE', `{folder}/statistics')dnl
define(`confPID_FILE', `{folder}/pid')dnl
define(`confCONTROL_SOCKET_NAME', `')dnl
define(`ALIAS_FILE', `')dnl
define(`confTO_IDENT', `0')dnl
define(`confDEF_USER_ID', `smmta:smmta')dnl
define(`SMART_HOST', `relay:[{receiver}]')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {port}')dnl
CLIENT_OPTIONS(`Addr={address}')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`promiscuous_relay')dnl
FEATURE(`accept_unresolvable_domains')dnl
DAEMON_OPTIONS(`Family=inet, Name=MTA, Port=25, Addr={address}')dnl
{milter}
MAILER(`smtp')dnl
"""


class Sendmail:
    def __init__(self, work, milter_port):
        self.folder = work / "sendmail"
        (self.folder / "queue").mkdir(parents=True, mode=0o700)
        milter = sendmail_lines(milter_port)
        text = MC.format(folder=self.folder, address=ADDRESS, receiver=RECEIVER, port=UNJUDGED_PORT, milter=milter)
        (self.folder / "mc").write_text(text)
        command = ["m4", "-D_CF_DIR_=/usr/share/sendmail/cf/", "/usr/share/sendmail/cf/m4/cf.m4", self.folder / "mc"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        (self.folder / "cf").write_text(done.stdout)
        daemon = ["/usr/libexec/sendmail/sendmail", "-C", self.folder / "cf", "-bD", "-q1s"]
        self.daemon = Process("sendmail", daemon, self.folder / "log")

    def start(self):
        self.daemon.start()

    def wait(self):
        wait_until("sendmail listens", lambda: listens(ADDRESS, 25))
