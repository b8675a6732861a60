"""Lets everybody log in to Postfix: the server's side of Dovecot's authentication protocol, as far as Postfix
speaks it. The password is not looked at."""

import base64
import os
import socketserver
import threading


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("VERSION\t1\t1", "MECH\tPLAIN\tplaintext", f"SPID\t{os.getpid()}", "CUID\t1", "COOKIE\t0", "DONE")
        for line in self.rfile:
            words = line.decode().rstrip("\n").split("\t")
            if words[0] == "AUTH":
                self.authenticate(words)

    def authenticate(self, words):
        response = next((w[5:] for w in words if w.startswith("resp=")), None)
        if response is None:
            self.say(f"CONT\t{words[1]}\t")
            return
        login = base64.b64decode(response).split(b"\0")[1].decode()
        self.say(f"OK\t{words[1]}\tuser={login}")

    def say(self, *lines):
        self.wfile.write("".join(f"{line}\n" for line in lines).encode())


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64


def start(path):
    server = Server(str(path), Handler)
    os.chmod(path, 0o666)
    threading.Thread(target=server.serve_forever, daemon=True).start()
