"""Other implementations, and ours, behind one shape.

    verify([message, ...]) -> [Judgement, ...]      of messages that bear one signature
    sign([SignJob, ...])   -> [message, ...]

Each takes a whole list, so that a peer is started once.
"""

import base64
import ctypes
import json
import os
import subprocess
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dkim

from messages import CRLF, split

HERE = Path(__file__).resolve().parent
DOMAIN = "contoso.example"
KEYS = {"rsa-sha256": HERE / "keys/rsa.pem", "ed25519-sha256": HERE / "keys/ed25519.pem"}
RECORDS = {
    "rsa-sha256": (HERE / "keys/rsa.txt").read_text().strip(),
    "ed25519-sha256": (HERE / "keys/ed25519.txt").read_text().strip(),
}
CANONICALIZATIONS = ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"]

Judgement = namedtuple("Judgement", "passed reason")
SignJob = namedtuple("SignJob", "octets algorithm canonicalization")


def selector(peer, algorithm):
    """Each signer has a selector of its own, so that a verdict says whose signature it means."""
    return f"{peer}-{algorithm.partition('-')[0]}"


def zone():
    """Every key record: {name: text}."""
    names = ["postseal", "dkimpy", "mail-dkim", "opendkim"]
    return {
        f"{selector(name, algorithm)}._domainkey.{DOMAIN}": record
        for name in names
        for algorithm, record in RECORDS.items()
    }


def zone_file():
    """The same as a master file, each record in strings of at most 255 octets."""
    lines = [f"$ORIGIN {DOMAIN}.", "$TTL 3600", "@ SOA ns1 hostmaster 1 3600 600 604800 60", "@ NS ns1"]
    for name, text in zone().items():
        strings = " ".join(f'"{text[at:at + 255]}"' for at in range(0, len(text), 255))
        lines.append(f"{name}. TXT {strings}")
    return "\n".join(lines) + "\n"


class Postseal:
    name = "postseal"
    algorithms = ("rsa-sha256", "ed25519-sha256")

    def __init__(self, binary, folder):
        self.binary = binary
        self.zone = folder / "zone"
        self.zone.write_text(zone_file())
        self.pool = ThreadPoolExecutor(max_workers=os.cpu_count() or 2)

    def sign(self, jobs):
        return list(self.pool.map(self.sign_one, jobs))

    def sign_one(self, job):
        return self.run(
            ["sign", "-", "--domain", DOMAIN, "--selector", selector(self.name, job.algorithm), "--key", str(KEYS[job.algorithm])],
            job.octets,
        )

    def verify(self, messages):
        return [self.one_signature(verdict) for verdict in self.verdicts(messages)]

    @staticmethod
    def one_signature(verdict):
        results = [f"{s['result']} ({s.get('reason')})" for s in verdict["dkim"]]
        return Judgement([s["result"] for s in verdict["dkim"]] == ["pass"], ", ".join(results) or "no signature")

    def verdicts(self, messages):
        """The whole JSON of `postseal verify` for each message."""
        return list(self.pool.map(self.verdict, messages))

    def verdict(self, octets):
        arguments = ["verify", "-", "--json", "--zone", str(self.zone), "--ip", "192.0.2.1", "--helo", "mail.contoso.example"]
        arguments += ["--mail-from", f"bob@{DOMAIN}", "--authserv-id", "mx.tailspin.example"]
        return json.loads(self.run(arguments, octets, good=(0, 1)))

    def verify_arc(self, messages):
        found = [verdict["arc"] for verdict in self.verdicts(messages)]
        return [Judgement(arc["result"] == "pass", f"arc={arc['result']}: {arc}") for arc in found]

    def seal(self, messages, authserv_id):
        arguments = ["arc", "seal", "-", "--domain", DOMAIN, "--selector", selector(self.name, "rsa-sha256")]
        arguments += ["--key", str(KEYS["rsa-sha256"]), "--authserv-id", authserv_id, "--zone", str(self.zone)]
        sealed = list(self.pool.map(lambda octets: self.run(arguments, octets), messages))
        touched = [octets for octets, after in zip(messages, sealed) if not after.endswith(octets)]
        assert not touched, f"arc seal changed {len(touched)} messages, the first: {touched[0][:2000]!r}"
        return sealed

    def run(self, arguments, octets, good=(0,)):
        done = subprocess.run([self.binary, *arguments], input=octets, capture_output=True, timeout=60)
        if done.returncode not in good:
            raise RuntimeError(f"postseal {' '.join(arguments)}: exit {done.returncode}: {done.stderr.decode(errors='replace')}")
        return done.stdout


class Dkimpy:
    name = "dkimpy"
    algorithms = ("rsa-sha256", "ed25519-sha256")

    def __init__(self):
        records = {f"{name}.".encode(): text.encode() for name, text in zone().items()}
        self.dns = lambda name, timeout=5: records.get(name.lower())
        der = base64.b64decode("".join(KEYS["ed25519-sha256"].read_text().splitlines()[1:-1]))
        self.keys = {"rsa-sha256": KEYS["rsa-sha256"].read_bytes(), "ed25519-sha256": base64.b64encode(der[-32:])}

    def sign(self, jobs):
        return [self.sign_one(job) for job in jobs]

    def sign_one(self, job):
        field = dkim.sign(
            job.octets,
            selector(self.name, job.algorithm).encode(),
            DOMAIN.encode(),
            self.keys[job.algorithm],
            canonicalize=tuple(part.encode() for part in job.canonicalization.split("/")),
            signature_algorithm=job.algorithm.encode(),
        )
        return field + job.octets

    def verify(self, messages):
        return [self.verify_one(octets) for octets in messages]

    def verify_one(self, octets):
        try:
            return Judgement(dkim.DKIM(octets).verify(dnsfunc=self.dns), "signature does not verify")
        except dkim.DKIMException as error:
            return Judgement(False, f"{type(error).__name__}: {error}")
        except Exception as error:  # dkimpy lets errors of its libraries through
            return Judgement(False, f"crashed: {type(error).__name__}: {error}")

    def verify_arc(self, messages):
        return [self.verify_arc_one(octets) for octets in messages]

    def verify_arc_one(self, octets):
        result, _, reason = dkim.arc_verify(octets, dnsfunc=self.dns)
        return Judgement(result == b"pass", f"cv={result}: {reason}")

    def seal(self, messages, authserv_id):
        return [self.seal_one(octets, authserv_id) for octets in messages]

    def seal_one(self, octets, authserv_id):
        fields = dkim.arc_sign(
            octets, selector(self.name, "rsa-sha256").encode(), DOMAIN.encode(), self.keys["rsa-sha256"], authserv_id.encode()
        )
        if not fields:
            raise RuntimeError("dkimpy sealed nothing")
        return b"".join(fields) + octets


class MailDkim:
    """Mail::DKIM in one Perl process; Debian 12's version knows RSA alone."""

    name = "mail-dkim"
    algorithms = ("rsa-sha256",)

    def sign(self, jobs):
        answers = self.ask([
            {"op": "sign", "message": encoded(job.octets), "algorithm": job.algorithm, "canonicalization": job.canonicalization,
             "domain": DOMAIN, "selector": selector(self.name, job.algorithm), "key": str(KEYS[job.algorithm])}
            for job in jobs
        ])
        return [self.with_fields(answer, job.octets) for answer, job in zip(answers, jobs)]

    @staticmethod
    def with_fields(answer, octets):
        if "fields" not in answer:
            raise RuntimeError(f"Mail::DKIM: {answer['reason']}")
        return base64.b64decode(answer["fields"]) + CRLF + octets

    def verify(self, messages, op="verify"):
        answers = self.ask([{"op": op, "message": encoded(octets)} for octets in messages])
        return [Judgement(a["result"] == "pass", f"{a['result']}: {a['reason']}") for a in answers]

    def verify_arc(self, messages):
        return self.verify(messages, op="arc-verify")

    def seal(self, messages, authserv_id):
        answers = self.ask([
            {"op": "arc-sign", "message": encoded(octets), "domain": DOMAIN, "authserv_id": authserv_id,
             "selector": selector(self.name, "rsa-sha256"), "key": str(KEYS["rsa-sha256"])}
            for octets in messages
        ])
        return [self.with_fields(answer, octets) for answer, octets in zip(answers, messages)]

    def ask(self, jobs):
        lines = "".join(json.dumps(job) + "\n" for job in jobs)
        done = subprocess.run(
            ["perl", str(HERE / "mail_dkim.pl"), json.dumps(zone())], input=lines, stdout=subprocess.PIPE, text=True, check=True, timeout=600
        )
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(jobs), f"{len(answers)} answers to {len(jobs)} jobs"
        return answers


class OpenDkim:
    """libopendkim through its C interface; keys come from a file, which its test mode allows."""

    name = "opendkim"

    SETOPT, QUERYMETHOD, QUERYINFO, QUERY_FILE = 1, 6, 7, 1
    SIGN = {"rsa-sha256": 1, "ed25519-sha256": 2}
    CANON = {"simple": 0, "relaxed": 1}
    FEATURE_ED25519 = 11

    def __init__(self, folder):
        self.lib = ctypes.CDLL("libopendkim.so.11")
        for function, result in {
            "dkim_init": ctypes.c_void_p, "dkim_sign": ctypes.c_void_p, "dkim_verify": ctypes.c_void_p,
            "dkim_geterror": ctypes.c_char_p, "dkim_getresultstr": ctypes.c_char_p, "dkim_libfeature": ctypes.c_bool,
        }.items():
            getattr(self.lib, function).restype = result
        self.handle = ctypes.c_void_p(self.lib.dkim_init(None, None))
        keys = folder / "opendkim-keys"
        keys.write_text("".join(f"{name} {text}\n" for name, text in zone().items()))
        method, path = ctypes.c_int(self.QUERY_FILE), ctypes.create_string_buffer(str(keys).encode())
        self.option(self.QUERYMETHOD, ctypes.byref(method), ctypes.sizeof(method))
        self.option(self.QUERYINFO, path, len(str(keys)))
        knows_ed25519 = self.lib.dkim_libfeature(self.handle, self.FEATURE_ED25519)
        self.algorithms = ("rsa-sha256", "ed25519-sha256") if knows_ed25519 else ("rsa-sha256",)

    def option(self, option, value, size):
        status = self.lib.dkim_options(self.handle, self.SETOPT, option, value, ctypes.c_size_t(size))
        assert status == 0, f"dkim_options({option}): {status}"

    def sign(self, jobs):
        return [self.sign_one(job) for job in jobs]

    def sign_one(self, job):
        header, body = (self.CANON[part] for part in job.canonicalization.split("/"))
        status = ctypes.c_int()
        message = ctypes.c_void_p(self.lib.dkim_sign(
            self.handle, b"interop", None, KEYS[job.algorithm].read_bytes(), selector(self.name, job.algorithm).encode(),
            DOMAIN.encode(), header, body, self.SIGN[job.algorithm], ctypes.c_ssize_t(-1), ctypes.byref(status)))
        self.must(status.value, message)
        try:
            self.must(self.feed(message, job.octets), message)
            field, length = ctypes.c_char_p(), ctypes.c_size_t()
            self.must(self.lib.dkim_getsighdr_d(
                message, ctypes.c_size_t(len("DKIM-Signature: ")), ctypes.byref(field), ctypes.byref(length)), message)
            return b"DKIM-Signature: " + field.value + CRLF + job.octets
        finally:
            self.lib.dkim_free(message)

    def verify(self, messages):
        return [self.verify_one(octets) for octets in messages]

    def verify_one(self, octets):
        status = ctypes.c_int()
        message = ctypes.c_void_p(self.lib.dkim_verify(self.handle, b"interop", None, ctypes.byref(status)))
        self.must(status.value, message)
        try:
            result = self.feed(message, octets)
            detail = self.lib.dkim_geterror(message) or b""
            return Judgement(result == 0, f"{self.lib.dkim_getresultstr(result).decode()}: {detail.decode(errors='replace')}")
        finally:
            self.lib.dkim_free(message)

    def feed(self, message, octets):
        """The status of the first step that fails, as a milter would see it."""
        fields, body = split(octets)
        for field in fields:
            status = self.lib.dkim_header(message, field, ctypes.c_size_t(len(field)))
            if status != 0:
                return status
        status = self.lib.dkim_eoh(message)
        if status == 0 and body:
            status = self.lib.dkim_body(message, body, ctypes.c_size_t(len(body)))
        return status or self.lib.dkim_eom(message, None)

    def must(self, status, message):
        if status != 0:
            detail = self.lib.dkim_geterror(message) if message.value else None
            raise RuntimeError(f"libopendkim: {self.lib.dkim_getresultstr(status)}: {detail}")


def encoded(octets):
    return base64.b64encode(octets).decode()
