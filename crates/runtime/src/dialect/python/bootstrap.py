"""Runs a handler: waits for its code to be named, loads it, then answers events one after the other or side by side."""

# All that is needed later is imported here, before code of the same names could be found instead. Interpreters are mostly started
# before they are needed, so that nobody waits for it.
import importlib.util
import json
import logging
import os
import sys
import time
import traceback

# The protocol's socket is where standard input would be. It moves away, so that code sees an empty input and cannot close it by chance.
_socket = os.dup(0)
_null = os.open(os.devnull, os.O_RDONLY)
os.dup2(_null, 0)
os.close(_null)
_received = os.fdopen(_socket, "rb", buffering=1 << 16, closefd=False)

# The vendor's limit for the answer to a call that waits.
_LONGEST_ANSWER = 32 << 20


def _read(size):
    part = _received.read(size)
    if len(part) < size:
        # The other end is gone, and so is the reason to be here.
        os._exit(0)
    return part


def _receive():
    lengths = _read(8)
    head = json.loads(_read(int.from_bytes(lengths[:4], "big")).decode())
    size = int.from_bytes(lengths[4:], "big")
    return head, _read(size) if size else b""


def _send(number, error=None, payload=b""):
    head = b'{"id":%d,"error":"%s"}' % (number, error.encode()) if error else b'{"id":%d}' % number
    lengths = len(head).to_bytes(4, "big") + len(payload).to_bytes(4, "big")
    # A large payload is not copied once more.
    whole = len(payload) <= 65536
    with _sending:
        for part in (lengths + head + payload,) if whole else (lengths + head, payload):
            sent = os.write(_socket, part)
            if sent < len(part):
                left = memoryview(part)[sent:]
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
        self.accessKeyId = self.access_key_id = key_id
        self.accessKeySecret = self.access_key_secret = key_secret
        self.securityToken = self.security_token = token

    def to_dict(self):
        return {"accessKeyId": self.access_key_id, "accessKeySecret": self.access_key_secret,
                "securityToken": self.security_token}


class FunctionMeta:
    def __init__(self, known, handler):
        self.name = known["function"]
        self.handler = handler
        self.memory = known["memory"]
        self.timeout = known["timeout"]
        self.version_id = known["version"]
        self.qualifier = known["qualifier"]

    def to_dict(self):
        return {"name": self.name, "handler": self.handler, "memory": self.memory, "timeout": self.timeout}


class ServiceMeta:
    def __init__(self, known):
        self.name = ""
        self.log_project = known["logProject"]
        self.log_store = known["logStore"]
        self.qualifier = known["qualifier"]
        self.version_id = known["version"]

    def to_dict(self):
        return {"name": self.name, "logProject": self.log_project, "logStore": self.log_store,
                "qualifier": self.qualifier, "versionId": self.version_id}


class Tracing:
    def __init__(self, endpoint, span):
        self.span_context = span
        self.jaeger_endpoint = endpoint
        self.span_baggages = {}

    def to_dict(self):
        return {"openTracingSpanContext": self.span_context, "openTracingSpanBaggages": self.span_baggages,
                "jaegerEndpoint": self.jaeger_endpoint}


class FCContext:
    """What a handler is told. The runtime of Python 3.12 has other fields than those before it."""

    def __init__(self, known, handler, is_new):
        self.function = FunctionMeta(known, handler)
        self.region = known["region"]
        self.account_id = known["account"]
        if is_new:
            self.log_project = known["logProject"]
            self.log_store = known["logStore"]
            return
        self.credentials = Credentials(known["keyId"], known["keySecret"], known["token"])
        self.service = ServiceMeta(known)
        self.tracing = Tracing(known["jaeger"], "")

    def _of(self, head):
        """The context of one request."""
        context = FCContext.__new__(FCContext)
        context.__dict__.update(self.__dict__)
        context.request_id = head["request"]
        if hasattr(self, "service"):
            context.requestId = head["request"]
            context.retry_count = head.get("retries", 0)
            if "span" in head:
                context.tracing = Tracing(self.tracing.jaeger_endpoint, head["span"])
        return context

    @property
    def logger(self):
        return logging.getLogger()

    def to_json(self):
        fields = {"requestId": self.request_id, "function": self.function.to_dict(), "region": self.region,
                  "accountId": self.account_id}
        if hasattr(self, "service"):
            fields.update(credentials=self.credentials.to_dict(), service=self.service.to_dict(),
                          retryCount=self.retry_count, tracing=self.tracing.to_dict())
        return json.dumps(fields)


def _line(level, seconds, text):
    """A line of the log as the vendor has it: time, request, level, text."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    milliseconds = int(seconds % 1 * 1000)
    return "%s.%03dZ %s [%s] %s" % (now, milliseconds, getattr(_current, "request", ""), level, text)


class _Formatter(logging.Formatter):
    def format(self, record):
        return _line(record.levelname, record.created, super().format(record))


class _Handler(logging.StreamHandler):
    # Whatever standard output is by then.
    stream = property(lambda self: sys.stdout, lambda self, _: None)


def _prepare_logging():
    handler = _Handler()
    handler.setFormatter(_Formatter("%(message)s"))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)


class ImportModuleError(Exception):
    pass


class UserCodeSyntaxError(Exception):
    pass


class UserCodeError(Exception):
    pass


class HandlerNotFound(Exception):
    pass


class InvalidHandleName(Exception):
    pass


def _find(name, code):
    """The function that a handler such as `folder/file.function` names. What is wrong has the vendor's name."""
    path, _, attribute = name.rpartition(".")
    if not path or not attribute:
        raise InvalidHandleName("Invalid handler '%s': it is not of the form file.function" % name)
    try:
        module = _load(path, code)
    except ImportError as error:
        raise ImportModuleError("Unable to import module '%s': %s" % (path, error)) from error
    except SyntaxError as error:
        raise UserCodeSyntaxError("Syntax error in module '%s': %s (%s, line %s)" % (
            path, error.msg, os.path.basename(error.filename or ""), error.lineno)) from error
    except Exception as error:
        raise UserCodeError("Module initialization error: '%s'" % error) from error
    if not hasattr(module, attribute):
        raise HandlerNotFound("Handler '%s' is missing on module '%s'" % (attribute, path))
    handler = getattr(module, attribute)
    if not callable(handler):
        raise HandlerNotFound("Handler '%s' of module '%s' is no function" % (attribute, path))
    return handler


def _load(path, code):
    file = os.path.join(code, path + ".py")
    if not os.path.isfile(file):
        name = path.replace("/", ".")
        __import__(name)
        return sys.modules[name]
    module_name = path.rpartition("/")[2]
    loaded = sys.modules.get(module_name)
    if loaded is not None and getattr(loaded, "__file__", None) == file:
        return loaded
    spec = importlib.util.spec_from_file_location(module_name, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    return module


def _trace(error):
    """Where it was raised, from the first frame of code that is not ours."""
    trace = left = error.__traceback__
    while left is not None:
        if left.tb_frame.f_code.co_filename == __file__:
            trace = left.tb_next
        left = left.tb_next
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith("<frozen"):
        trace = trace.tb_next
    return trace


def _error(error):
    """The vendor's JSON of an error."""
    # What the code raised, not what is said of it here.
    raised = error.__cause__ if isinstance(error, (ImportModuleError, UserCodeSyntaxError, UserCodeError)) else error
    lines = [["File \"%s\"" % frame.filename, "line %d" % frame.lineno, "in %s" % frame.name, frame.line or ""]
             for frame in traceback.extract_tb(_trace(raised))]
    if isinstance(raised, SyntaxError) and raised.filename:
        lines.append(["File \"%s\"" % raised.filename, "line %s" % raised.lineno, (raised.text or "").strip()])
    document = {"errorMessage": _text(error), "errorType": type(error).__name__}
    if lines:
        document["stackTrace"] = lines
    return json.dumps(document).encode()


def _text(error):
    try:
        # What is no UTF-8 is no JSON either.
        return str(error).encode("utf-8", "backslashreplace").decode()
    except Exception:
        return "an error that has no text"


def _explain(error):
    """How an error came about, for the log."""
    if getattr(error, "__cause__", None) is not None and type(error).__module__ == "__main__":
        error = error.__cause__
    return "".join(traceback.format_exception(type(error), error, _trace(error))).rstrip()


def _default(value):
    """What JSON has no form for, as the vendor's runtime writes it."""
    # By name, so that nothing is imported for it.
    kinds = {"%s.%s" % (kind.__module__, kind.__name__) for kind in type(value).__mro__}
    if "decimal.Decimal" in kinds:
        return float(value)
    if "datetime.date" in kinds:
        return value.isoformat()
    if hasattr(value, "to_json"):
        return value.to_json()
    raise TypeError("%r is not JSON serializable" % (value,))


def _payload(result):
    if not isinstance(result, bytes):
        if not isinstance(result, str):
            result = json.dumps(result, ensure_ascii=False, default=_default)
        result = result.encode()
    if len(result) > _LONGEST_ANSWER:
        raise ValueError("the result has %d bytes; it may have %d" % (len(result), _LONGEST_ANSWER))
    return result


_loop = None


def _settle(result):
    """What an `async def` handler comes to. Without other threads all have one loop, which what they leave behind belongs to."""
    if not hasattr(result, "__await__"):
        return result
    import asyncio
    if not isinstance(_current, _Current):
        return asyncio.run(_await(result))
    global _loop
    if _loop is None:
        _loop = asyncio.new_event_loop()
        asyncio.set_event_loop(_loop)
    return _loop.run_until_complete(_await(result))


async def _await(result):
    return await result


def _write(text):
    """Writes to standard output past whatever code may have put there, after all that it wrote."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass
    left = text.encode("utf-8", "backslashreplace")
    try:
        while left:
            left = left[os.write(1, left):]
    except OSError:
        pass


class _Code:
    """The user's code, loaded."""

    def __init__(self, load):
        code, layers = load["code"], load["layers"]
        os.environ.update(load["environment"])
        os.chdir(code)

        def here(folder):
            """Where a folder is that is named by its place in the vendor's cloud."""
            for there, real in (("/code", code), ("/opt", layers)):
                if folder == there or folder.startswith(there + "/"):
                    return real + folder[len(there):]
            return folder

        version = "python%d.%d" % sys.version_info[:2]
        first = [code, os.path.join(code, "python"), os.path.join(layers, "python", "lib", version, "site-packages"),
                 os.path.join(layers, "python")]
        sys.path[:] = first + [here(folder) for folder in sys.path if folder not in first]
        self.handler = _find(load["handler"], code)
        self.initializer = _find(load["initializer"], code) if load.get("initializer") else None
        self.pre_stop = _find(load["preStop"], code) if load.get("preStop") else None
        self.context = FCContext(load["context"], load["handler"], load["runtime"] >= [3, 12])
        self.is_alone = load["concurrency"] == 1

    def answer(self, head, event):
        request_id = head["request"]
        _current.request = request_id
        kind = head["t"]
        name = "Invoke" if kind == "invoke" else "Initialize" if kind == "initialize" else "PreStop"
        _write("FC %s Start RequestId: %s\n" % (name, request_id))
        failed, payload, suffix = None, b"", ""
        try:
            context = self.context._of(head)
            if kind == "invoke":
                payload = _payload(_settle(self.handler(event, context)))
            else:
                _settle((self.initializer if kind == "initialize" else self.pre_stop)(context))
        except BaseException as error:
            # With the vendor, too, that ends the process. Where others are at work it ends the call alone.
            if isinstance(error, SystemExit) and self.is_alone:
                raise
            failed, payload, suffix = "unhandled", _error(error), ", Error: Unhandled function error"
            _write(_line("ERROR", time.time(), _explain(error)) + "\n")
        _write("FC %s End RequestId: %s%s\n" % (name, request_id, suffix))
        _send(head["id"], failed, payload)


def main():
    global _sending, _current
    # Lines reach the log when they are written, not when a buffer is full.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(line_buffering=True, encoding="utf-8", errors="backslashreplace")
    _prepare_logging()
    sys.dont_write_bytecode = True
    own = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [folder for folder in sys.path if folder != own]
    head, _ = _receive()
    if head["concurrency"] > 1:
        import threading
        _sending = threading.Lock()
        _current = threading.local()
        _current.request = ""
    try:
        code = _Code(head)
    except Exception as error:
        _write(_explain(error) + "\n")
        _send(head["id"], "unhandled", _error(error))
        return
    _send(head["id"])
    while True:
        asked, event = _receive()
        if head["concurrency"] > 1:
            threading.Thread(target=code.answer, args=(asked, event), daemon=True).start()
        else:
            code.answer(asked, event)


if __name__ == "__main__":
    main()
