"""A mail server's side of the milter protocol, for messages that no mail server would take in."""

import socket
import struct

from process import PATIENCE

FINAL = b"acdrty"  # the answers after which nothing more comes for this command


class Session:
    """One connection, one message. All texts are octets, and nothing of them is changed on the way."""

    def __init__(self, port, queue_id, client, name=b"client.test"):
        self.link = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.say(b"O", struct.pack(">III", 6, 0x1FF, 0), until=b"O")
        self.macros(b"C", {b"j": b"mx.provider.test", b"{daemon_name}": b"smtp"})
        self.say(b"C", name + b"\0" + b"4" + struct.pack(">H", 2525) + client.encode() + b"\0")
        self.queue_id = queue_id

    def deliver(self, helo, mail_from, recipient, fields, body):
        """The last answer of the filter: its letter and what it says."""
        self.say(b"H", helo + b"\0")
        self.macros(b"M", {b"i": self.queue_id})
        self.say(b"M", b"<" + mail_from + b">\0")
        self.say(b"R", b"<" + recipient + b">\0")
        self.macros(b"T", {b"i": self.queue_id})
        self.say(b"T")
        for name, value in fields:
            self.say(b"L", name + b"\0" + value + b"\0")
        self.say(b"N")
        self.say(b"B", body)
        self.macros(b"E", {b"i": self.queue_id})
        said = self.say(b"E")
        self.packet(b"Q")
        self.link.close()
        return said

    def packet(self, command, octets=b""):
        self.link.sendall(struct.pack(">I", len(octets) + 1) + command + octets)

    def macros(self, stage, values):
        self.packet(b"D", stage + b"".join(name + b"\0" + value + b"\0" for name, value in values.items()))

    def say(self, command, octets=b"", until=FINAL):
        self.packet(command, octets)
        while True:
            size = struct.unpack(">I", self.exactly(4))[0]
            said = self.exactly(size)
            if said[:1] in until:
                return said

    def exactly(self, count):
        octets = b""
        while len(octets) < count:
            more = self.link.recv(count - len(octets))
            if not more:
                raise ConnectionError("the filter has hung up")
            octets += more
        return octets
