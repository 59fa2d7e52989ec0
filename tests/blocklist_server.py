"""A DNS server on loopback, by UDP and TCP, that answers as blocklists do: what tests ask instead of the world."""

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

SILENCE = "silence"
NO_DNS = "no DNS"


class BlocklistServer:
    """What the server says, by the whole name in lower case without a last dot; of any other there is no such name.

    `addresses` and `texts` are what is listed. In `rcodes` are names that get an error, SILENCE, or what can't be read.
    The first `lost` queries get no answer. What is in `large` does not fit into UDP. `asked` is who asked what.
    """

    def __init__(self) -> None:
        self.addresses: dict[str, list[str]] = {}
        self.texts: dict[str, list[bytes]] = {}
        self.rcodes: dict[str, dns.rcode.Rcode | str] = {}
        self.large: set[str] = set()
        self.lost = 0
        self.asked: list[tuple[str, str, str]] = []
        self.port = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def put(self, zone: str, *names: str, codes: tuple[str, ...] = ("127.0.0.2",), text: bytes | None = None) -> None:
        for name in names:
            self.addresses[f"{name}.{zone}"] = list(codes)
            if text is not None:
                self.texts[f"{name}.{zone}"] = [text[i : i + 255] for i in range(0, len(text), 255)]

    def remove(self, zone: str, name: str) -> None:
        self.addresses.pop(f"{name}.{zone}")
        self.texts.pop(f"{name}.{zone}", None)

    def names(self, kind: str = "A") -> list[str]:
        return [name for _, asked_kind, name in self.asked if asked_kind == kind]

    def answer(self, wire: bytes, transport: str) -> bytes | None:
        query = dns.message.from_wire(wire)
        (question,) = query.question
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((transport, kind, name))
        if self.lost:
            self.lost -= 1
            return None
        response = dns.message.make_response(query)
        match self.rcodes.get(name):
            case "silence":
                return None
            case "no DNS":
                return wire[:2] + response.to_wire()[2:12] + b"\xff" * 3
            case dns.rcode.Rcode() as rcode:
                response.set_rcode(rcode)
                return response.to_wire()
        if transport == "UDP" and name in self.large:
            response.flags |= dns.flags.TC
            return response.to_wire()
        if name not in self.addresses:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif kind == "A":
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", "A", *self.addresses[name]))
        elif name in self.texts:
            strings = b"".join(bytes([len(part)]) + part for part in self.texts[name])
            record = dns.rdata.from_wire("IN", "TXT", strings, 0, len(strings))
            response.answer.append(dns.rrset.from_rdata(question.name, 60, record))
        return response.to_wire()


@contextmanager
def blocklist_server() -> Iterator[BlocklistServer]:
    """A server that has nothing listed yet."""
    server = BlocklistServer()

    class OverUdp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, sock = self.request
            if answer := server.answer(wire, "UDP"):
                sock.sendto(answer, self.client_address)

    class OverTcp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            sock: socket.socket = self.request
            (length,) = struct.unpack("!H", sock.recv(2, socket.MSG_WAITALL))
            if answer := server.answer(sock.recv(length, socket.MSG_WAITALL), "TCP"):
                sock.sendall(struct.pack("!H", len(answer)) + answer)

    with socketserver.TCPServer(("127.0.0.1", 0), OverTcp) as tcp:
        server.port = tcp.server_address[1]
        with socketserver.UDPServer(("127.0.0.1", server.port), OverUdp) as udp:
            running: list[Any] = [tcp, udp]
            threads = [threading.Thread(target=each.serve_forever, args=(0.01,)) for each in running]
            for thread in threads:
                thread.start()
            try:
                yield server
            finally:
                for each in running:
                    each.shutdown()
                for thread in threads:
                    thread.join()
