"""An HTTPS server that behaves as the case says, with certificates of an authority that lives as long as the test."""

import datetime
import socket
import ssl
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


class Authority:
    """Signs certificates; `path` is its own, as PEM."""

    def __init__(self, folder, name="Postseal test authority"):
        self.folder, self.name = folder, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.path = folder / f"{name.replace(' ', '-')}.pem"
        certificate = self._signed(self.name, self.key, [], authority=True)
        self.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        self.made = 0

    def context(self, names, start=-1, end=30):
        """A TLS context with a certificate for these names, valid from and to so many days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:60])])
        certificate = self._signed(subject, key, names, start, end)
        self.made += 1
        path = self.folder / f"{self.path.stem}-{self.made}.pem"
        encoding = serialization.Encoding.PEM
        secret = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path.write_bytes(secret + certificate.public_bytes(encoding))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _signed(self, subject, key, names, start=-1, end=30, authority=False):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now + start * DAY).not_valid_after(now + end * DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        return builder.sign(self.key, hashes.SHA256())


class HttpsServer:
    """`contexts`: {server name: TLS context}; `behaviours`: {host: function(connection)}. Counts whom it has seen."""

    def __init__(self, address, port, contexts, behaviours):
        self.behaviours, self.connections, self.requests = behaviours, 0, []
        first = next(iter(contexts.values()))
        first.sni_callback = lambda connection, name, _: setattr(connection, "context", contexts.get(name, first))
        self.context = first
        self.listener = socket.create_server((address, port), backlog=64)
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(timeout=5)

    @property
    def port(self):
        return self.listener.getsockname()[1]

    def _accept(self):
        while not self.ends.is_set():
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain):
        try:
            plain.settimeout(30)
            with self.context.wrap_socket(plain, server_side=True) as connection:
                head = b""
                while b"\r\n\r\n" not in head and len(head) < 16384:
                    more = connection.recv(4096)
                    if not more:
                        return
                    head += more
                lines = head.decode("latin-1").split("\r\n")
                host = next((line[5:].strip().lower() for line in lines if line.lower().startswith("host:")), "")
                self.requests.append((host, lines[0]))
                self.behaviours[host](connection, self.ends)
        except (OSError, KeyError):
            pass  # the client may have turned away


def answer(body, content_type="text/plain", status="200 OK", more=""):
    """A whole answer."""
    octets = body.encode()
    media = f"Content-Type: {content_type}\r\n" if content_type else ""
    head = f"HTTP/1.1 {status}\r\n{media}{more}Content-Length: {len(octets)}\r\nConnection: close\r\n\r\n"
    return lambda connection, _: connection.sendall(head.encode() + octets)


def raw(octets):
    """These octets, and the end."""
    return lambda connection, _: connection.sendall(octets)


def endless(connection, ends):
    """A file without an end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nversion: STSv1\n")
    while not ends.is_set():
        connection.sendall(b"x-filling: " + b"x" * 8000 + b"\n")


def slow(connection, ends):
    """A file that comes an octet at a time, and not in time."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\n")
    while not ends.is_set():
        connection.sendall(b"v")
        time.sleep(0.5)
