"""Runs a handler: waits for its code to be named, loads it, then answers events one after the other or side by side."""

import json
import os
import sys
import time
import traceback

# The protocol's socket is where standard input would be. It moves away, so that code sees an empty input and cannot close it by chance.
_socket = os.dup(0)
_null = os.open(os.devnull, os.O_RDONLY)
os.dup2(_null, 0)
os.close(_null)


def _read(size):
    parts = []
    while size:
        part = os.read(_socket, min(size, 1 << 20))
        if not part:
            # The other end is gone, and so is the reason to be here.
            os._exit(0)
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _receive():
    lengths = _read(8)
    head = json.loads(_read(int.from_bytes(lengths[:4], "big")))
    size = int.from_bytes(lengths[4:], "big")
    return head, _read(size) if size else b""


def _send(head, payload=b""):
    head = json.dumps(head).encode()
    left = memoryview(len(head).to_bytes(4, "big") + len(payload).to_bytes(4, "big") + head + payload)
    with _sending:
        while left:
            left = left[os.write(_socket, left):]


class _NoLock:
    def __enter__(self):
        pass

    def __exit__(self, *_):
        pass


# Replaced by a lock when several events are answered at once.
_sending = _NoLock()


class _Current:
    """The request that is being answered; one for each thread when there are several."""

    request = ""


_current = _Current()


class Credentials:
    def __init__(self, key_id, key_secret, token):
        self.access_key_id = key_id
        self.access_key_secret = key_secret
        self.security_token = token

    def to_dict(self):
        return {"access_key_id": self.access_key_id, "access_key_secret": self.access_key_secret,
                "security_token": self.security_token}


class Function:
    def __init__(self, known, handler):
        self.name = known["function"]
        self.handler = handler
        self.memory = known["memory"]
        self.timeout = known["timeout"]
        self.version_id = known["version"]
        self.qualifier = known["qualifier"]


class Service:
    def __init__(self, known):
        self.name = ""
        self.log_project = known["logProject"]
        self.log_store = known["logStore"]
        self.qualifier = known["qualifier"]
        self.version_id = known["version"]


class Tracing:
    def __init__(self, trace):
        self.openTracingSpanContext = trace or ""
        self.span_context = trace or ""
        self.jaeger_endpoint = ""
        self.span_baggages = {}


class Context:
    def __init__(self, request_id, known, handler, trace=None, retries=0):
        self.request_id = request_id
        self.credentials = Credentials(known["keyId"], known["keySecret"], known["token"])
        self.function = Function(known, handler)
        self.service = Service(known)
        self.region = known["region"]
        self.account_id = known["account"]
        self.requestId = request_id
        self.function_name = known["function"]
        self.function_handler = handler
        self.memory = known["memory"]
        self.timeout = known["timeout"]
        self.log_project = known["logProject"]
        self.log_store = known["logStore"]
        self.retry_count = retries
        self.tracing = Tracing(trace)

    @property
    def logger(self):
        import logging
        return logging.getLogger()


def _prepare_logging():
    """Lines of the root logger are as the vendor's: time, request, level, text."""
    import logging

    class Formatter(logging.Formatter):
        def format(self, record):
            now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            text = super().format(record)
            return "%s.%03dZ %s [%s] %s" % (now, record.msecs, getattr(_current, "request", ""), record.levelname, text)

    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Formatter("%(message)s"))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)


def _find(name, code):
    """The function that a handler such as `folder/file.function` names."""
    path, dot, attribute = name.rpartition(".")
    if not dot or not path or not attribute:
        raise ValueError("handler %r is not of the form file.function" % name)
    path = path.replace("\\", "/")
    file = os.path.join(code, path + ".py")
    if os.path.isfile(file):
        import importlib.util
        module_name = path.rpartition("/")[2]
        folder = os.path.dirname(file)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        if module_name in sys.modules and getattr(sys.modules[module_name], "__file__", None) == file:
            module = sys.modules[module_name]
        else:
            spec = importlib.util.spec_from_file_location(module_name, file)
            module = importlib.util.module_from_spec(spec)
            sys.modules[module_name] = module
            spec.loader.exec_module(module)
    else:
        import importlib
        module = importlib.import_module(path.replace("/", "."))
    if not hasattr(module, attribute):
        raise AttributeError("%s has no %r" % (path + ".py", attribute))
    return getattr(module, attribute)


def _error(error):
    """The vendor's JSON of an error; frames of this file are left out of the trace."""
    trace = traceback.extract_tb(error.__traceback__)
    lines = [["File \"%s\"" % frame.filename, "line %d" % frame.lineno, "in %s" % frame.name, frame.line or ""]
             for frame in trace if frame.filename != __file__ and not frame.filename.startswith("<frozen")]
    message = str(error)
    if isinstance(error, SyntaxError) and error.filename:
        message = "%s (%s, line %s)" % (error.msg, error.filename, error.lineno)
    document = {"errorMessage": message, "errorType": type(error).__name__, "stackTrace": lines}
    return json.dumps(document, ensure_ascii=False).encode()


def _payload(result):
    if isinstance(result, (bytes, bytearray, memoryview)):
        return bytes(result)
    if isinstance(result, str):
        return result.encode()
    return json.dumps(result, ensure_ascii=False).encode()


def _settle(result):
    """What an `async def` handler comes to."""
    if hasattr(result, "__await__"):
        import asyncio
        return asyncio.run(_await(result))
    return result


async def _await(result):
    return await result


def _mark(what, request_id):
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(1, ("FC %s RequestId: %s\n" % (what, request_id)).encode())


class _Code:
    """The user's code, loaded."""

    def __init__(self, load):
        self.known = load["context"]
        self.handler_name = load["handler"]
        code, layers = load["code"], load["layers"]
        os.environ.update(load["environment"])
        os.chdir(code)
        extra = [part for part in os.environ.get("PYTHONPATH", "").split(":") if part]
        for folder in [os.path.join(layers, "python"), os.path.join(code, "python"), code] + extra[::-1]:
            if folder in sys.path:
                sys.path.remove(folder)
            sys.path.insert(0, folder)
        self.handler = _find(self.handler_name, code)
        self.initializer = _find(load["initializer"], code) if load.get("initializer") else None
        self.pre_stop = _find(load["preStop"], code) if load.get("preStop") else None

    def context(self, head):
        return Context(head["request"], self.known, self.handler_name, head.get("trace"), head.get("retries", 0))

    def answer(self, head, event):
        request_id = head["request"]
        _current.request = request_id
        what = {"invoke": "Invoke", "initialize": "Initialize", "pre-stop": "PreStop"}[head["t"]]
        _mark(what + " Start", request_id)
        try:
            if what == "Invoke":
                payload = _payload(_settle(self.handler(event, self.context(head))))
            else:
                hook = self.initializer if what == "Initialize" else self.pre_stop
                _settle(hook(self.context(head)))
                payload = b""
            reply = {"id": head["id"]}
        except (Exception, SystemExit) as error:
            traceback.print_exc()
            payload = _error(error)
            reply = {"id": head["id"], "error": "unhandled"}
        _mark(what + " End", request_id)
        try:
            _send(reply, payload)
        except ValueError as error:
            _send({"id": head["id"], "error": "unhandled"}, _error(error))


def main():
    global _sending, _current
    # Lines reach the log when they are written, not when a buffer is full.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(line_buffering=True, encoding="utf-8", errors="backslashreplace")
    _prepare_logging()
    sys.dont_write_bytecode = True
    sys.path[:] = [folder for folder in sys.path if folder != os.path.dirname(os.path.abspath(__file__))]
    head, _ = _receive()
    if head["concurrency"] > 1:
        import threading
        _sending = threading.Lock()
        _current = threading.local()
        _current.request = ""
    try:
        code = _Code(head)
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        sys.stderr.flush()
        _send({"id": head["id"], "error": "unhandled"}, _error(error))
        return
    _send({"id": head["id"]})
    while True:
        asked, event = _receive()
        if head["concurrency"] > 1:
            threading.Thread(target=code.answer, args=(asked, event), daemon=True).start()
        else:
            code.answer(asked, event)


if __name__ == "__main__":
    main()
