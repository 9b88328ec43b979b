"""Lets a server that listens on the configured port listen on the one that its instance was given."""
import importlib.machinery
import importlib.util
import os
import sys


def _lead():
    import socket

    configured, given = (int(port) for port in os.environ["SDEV_LISTEN"].split(":"))
    bind = socket.socket.bind

    def led(self, address):
        if isinstance(address, tuple) and address[1:2] == (configured,) and self.type == socket.SOCK_STREAM:
            address = (address[0], given) + address[2:]
        return bind(self, address)

    socket.socket.bind = led


def _go_on():
    """Runs the module of this name that would have been found without this one."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder) != here]
    found = importlib.machinery.PathFinder.find_spec("sitecustomize", sys.path)
    if found and found.loader:
        module = importlib.util.module_from_spec(found)
        sys.modules["sitecustomize"] = module
        found.loader.exec_module(module)


if "SDEV_LISTEN" in os.environ:
    _lead()
_go_on()
