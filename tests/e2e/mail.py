"""Messages: made, handed to a server, found in a Maildir."""

import email
import email.policy
import itertools
import os
import re
import smtplib
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from process import PATIENCE, wait_until

_numbers = itertools.count(1)


def message(author="jo@contoso.example", to="ken@tailspin.example", fields=(), body=b"Hello.\r\n", subject="A message", message_id=None):
    """Octets with CRLF; `fields` go on top."""
    header = [
        *fields,
        f"From: {author}",
        f"To: {to}",
        f"Subject: {subject}",
        f"Message-ID: <{message_id or f'{next(_numbers)}@e2e.test'}>",
        "Date: Tue, 24 Nov 2026 08:00:00 +0000",
    ]
    return "\r\n".join(header).encode() + b"\r\n\r\n" + body


@dataclass
class Reply:
    """The server's last word: 250, or what refused."""

    code: int
    text: str

    @property
    def accepted(self):
        return self.code == 250

    def starts(self, words):
        return f"{self.code} {self.text}".startswith(words)


def send(octets, to, mail_from="jo@contoso.example", server="198.51.100.10", source="203.0.113.66", login=None, options=(), port=25):
    """From the address `source`, as a mail client or server does it."""
    recipients = [to] if isinstance(to, str) else to
    reply = None
    try:
        with smtplib.SMTP(server, port, local_hostname="client.e2e.test", source_address=(source, 0), timeout=PATIENCE) as smtp:
            if login:
                smtp.login(login, "secret")
            smtp.sendmail(mail_from, recipients, octets, mail_options=list(options))
            reply = Reply(250, "")
    except smtplib.SMTPRecipientsRefused as refused:
        code, text = next(iter(refused.recipients.values()))
    except smtplib.SMTPResponseException as refused:
        code, text = refused.smtp_code, refused.smtp_error
    except (smtplib.SMTPServerDisconnected, ConnectionError, TimeoutError) as error:
        code, text = 421, str(error)
    else:
        return reply
    # Once the message is taken, it is, whatever becomes of the QUIT.
    return reply or Reply(code, text.decode(errors="replace") if isinstance(text, bytes) else text)


class Delivered:
    """A message in a Maildir."""

    def __init__(self, octets):
        self.octets = octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        header = self.octets.split(b"\r\n\r\n", 1)[0] + b"\r\n\r\n"
        self.parsed = email.message_from_bytes(header, policy=email.policy.compat32)

    def fields(self, name):
        """Bodies of these fields, unfolded, from the top."""
        return [re.sub(r"\s+", " ", str(value)).strip() for value in self.parsed.get_all(name, [])]

    def results(self, authserv_id="mx.tailspin.example"):
        """The bodies of the Authentication-Results fields of this server."""
        return [v for v in self.fields("Authentication-Results") if v.split(";")[0].strip() == authserv_id]

    def says(self, *words, authserv_id="mx.tailspin.example"):
        """Whether there is one such field and it has all these words."""
        results = self.results(authserv_id)
        return len(results) == 1 and all(re.search(rf"[ ;]{re.escape(word)}(?![\w.-])", results[0]) for word in words)

    def signed_by(self):
        """The SDIDs of its signatures."""
        return [re.search(r"\bd=([^;\s]+)", value)[1] for value in self.fields("DKIM-Signature")]


class Maildir:
    """The receiver's, for all its users; a file is read once."""

    def __init__(self, folder):
        self.folder, self.seen, self.of_user = folder, set(), {}
        self.lock = threading.Lock()

    def look(self):
        names = os.listdir(self.folder) if self.folder.is_dir() else []
        for name in sorted(name for name in names if name not in self.seen):
            self.seen.add(name)
            octets = (self.folder / name).read_bytes()
            user = re.search(rb"^X-Original-To: (.*)@", octets, re.MULTILINE)[1].decode()
            self.of_user.setdefault(user, []).append(Delivered(octets))

    def messages(self, user):
        with self.lock:
            self.look()
            return list(self.of_user.get(user, []))


MAILDIR = Maildir(Path("/run/e2e/mail/all/new"))


def arrived(user, count=1, seconds=PATIENCE):
    """The messages of this user, once there are so many."""

    def all_of_them():
        found = MAILDIR.messages(user)
        return found if len(found) >= count else None

    return wait_until(f"{count} message(s) for {user}", all_of_them, seconds)


def arrived_one(user, seconds=PATIENCE):
    return arrived(user, 1, seconds)[0]


def count_of(user):
    return len(MAILDIR.messages(user))


def only_one(user):
    """Waits for the first message, and a moment for a second."""
    arrived(user)
    time.sleep(0.3)
    return count_of(user) == 1
