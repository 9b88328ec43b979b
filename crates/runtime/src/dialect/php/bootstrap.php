<?php
// Runs a handler: waits for its code to be named, loads it, then answers events one after the other.
// No syntax that PHP 7.2 does not know.

namespace Sdev;

// The protocol's socket. Whoever starts this puts it here, out of the way of code, which finds an empty standard input.
const SOCKET = 'php://fd/3';
// The vendor's limit for the answer to a call that waits.
const LONGEST_ANSWER = 32 << 20;
// Seconds after which a read is begun anew: PHP has no read without an end.
const PATIENCE = 1000000;

/** What is at the other end of the socket. */
final class Channel
{
    private $socket;

    public function __construct()
    {
        $this->socket = fopen(SOCKET, 'r+');
        stream_set_timeout($this->socket, PATIENCE);
        stream_set_chunk_size($this->socket, 1 << 16);
    }

    /** The next head and payload. Ends when the other end is gone: so is the reason to be here. */
    public function receive(): array
    {
        list(, $head, $payload) = unpack('N2', $this->read(8)) + [0, 0, 0];
        return [json_decode($this->read($head), true), $this->read($payload)];
    }

    public function send(int $id, string $payload = '', string $error = '')
    {
        $head = json_encode($error === '' ? ['id' => $id] : ['id' => $id, 'error' => $error]);
        $left = pack('NN', strlen($head), strlen($payload)) . $head . $payload;
        while ($left !== '') {
            $sent = fwrite($this->socket, $left);
            if ($sent === false || $sent === 0) {
                exit(0);
            }
            $left = (string) substr($left, $sent);
        }
    }

    private function read(int $size): string
    {
        $parts = '';
        while (strlen($parts) < $size) {
            $part = fread($this->socket, $size - strlen($parts));
            if ($part === false || ($part === '' && feof($this->socket))) {
                exit(0);
            }
            $parts .= $part;
        }
        return $parts;
    }
}

/** What `$GLOBALS['fcLogger']` is: lines with time, request and level, as the vendor's. */
final class Logger
{
    const LEVELS = [
        'debug' => 100, 'info' => 200, 'notice' => 250, 'warning' => 300, 'error' => 400, 'critical' => 500, 'alert' => 550,
        'emergency' => 600,
    ];

    /** The request that is being answered. */
    public $request = '';
    private $least = 200;

    public function setLevel(int $level)
    {
        $this->least = $level;
    }

    public function __call(string $name, array $arguments)
    {
        $level = self::LEVELS[$name] ?? null;
        if ($level === null) {
            throw new \BadMethodCallException("the logger has no method $name");
        }
        if ($level >= $this->least) {
            $words = [];
            foreach ($arguments as $word) {
                $words[] = is_string($word) ? $word : json_encode($word);
            }
            $this->line($name, implode(' ', $words));
        }
    }

    public function line(string $level, string $text)
    {
        write(gmdate('Y-m-d H:i:s') . " {$this->request} [" . strtoupper($level) . "] $text");
    }
}

/** Something wrong that has no place in the code, by the name of its kind. */
final class Wrong extends \Exception
{
    public $type;

    public function __construct(string $type, string $message)
    {
        parent::__construct($message);
        $this->type = $type;
    }
}

/** The user's code. */
final class Code
{
    const NAMES = ['invoke' => 'Invoke', 'initialize' => 'Initialize', 'pre-stop' => 'PreStop'];

    private $channel;
    private $logger;
    private $asked;
    private $files = [];
    private $functions = [];

    public function __construct(Channel $channel, Logger $logger)
    {
        $this->channel = $channel;
        $this->logger = $logger;
        list($this->asked) = $channel->receive();
    }

    /** Gets everything ready for code to be loaded; the handlers' files are known then. */
    public function prepare()
    {
        foreach ($this->asked['environment'] as $name => $value) {
            putenv("$name=$value");
            $_ENV[$name] = $_SERVER[$name] = $value;
        }
        chdir($this->asked['code']);
        $folders = [$this->asked['code'], $this->asked['layers'] . '/php', get_include_path()];
        set_include_path(implode(PATH_SEPARATOR, $folders));
        $named = ['invoke' => $this->asked['handler'], 'initialize' => $this->asked['initializer'], 'pre-stop' => $this->asked['preStop']];
        foreach (array_filter($named) as $kind => $name) {
            $dot = strrpos($name, '.');
            if (!$dot || $dot === strlen($name) - 1) {
                throw new Wrong('InvalidHandleName', "Invalid handler '$name': it is not of the form file.function");
            }
            $file = $this->asked['code'] . '/' . substr($name, 0, $dot) . '.php';
            if (!is_file($file)) {
                throw new Wrong('ImportModuleError', "Unable to import module '" . substr($name, 0, $dot) . "': there is no $file");
            }
            $this->files[$file] = $file;
            $this->functions[$kind] = substr($name, $dot + 1);
        }
    }

    /** The next file to load; nothing when all are. */
    public function next()
    {
        return array_shift($this->files);
    }

    /** Says that the code is loaded, if its functions are there. */
    public function loaded()
    {
        foreach ($this->functions as $function) {
            if (!is_callable($function)) {
                throw new Wrong('HandlerNotFound', "Handler '$function' is missing: no file of the handler has such a function");
            }
        }
        $this->channel->send($this->asked['id']);
    }

    public function failed(\Throwable $error)
    {
        write(explain($error));
        $this->channel->send($this->asked['id'], document($error), 'unhandled');
    }

    /** Answers what is asked next. */
    public function answer()
    {
        list($head, $event) = $this->channel->receive();
        $this->logger->request = $head['request'];
        $name = self::NAMES[$head['t']];
        write("FC $name Start RequestId: {$head['request']}");
        list($payload, $kind, $suffix) = ['', '', ''];
        try {
            $function = $this->functions[$head['t']];
            $context = $this->context($head);
            if ($head['t'] === 'invoke') {
                $payload = bytes($function($event, $context));
            } else {
                $function($context);
            }
        } catch (\Throwable $error) {
            list($payload, $kind, $suffix) = [document($error), 'unhandled', ', Error: Unhandled function error'];
            $this->logger->line('error', explain($error));
        }
        write("FC $name End RequestId: {$head['request']}$suffix");
        $this->channel->send($head['id'], $payload, $kind);
    }

    private function context(array $head): array
    {
        $known = $this->asked['context'];
        return [
            'requestId' => $head['request'],
            'credentials' => [
                'accessKeyId' => $known['keyId'], 'accessKeySecret' => $known['keySecret'], 'securityToken' => $known['token'],
            ],
            'function' => [
                'name' => $known['function'], 'handler' => $this->asked['handler'], 'memory' => $known['memory'],
                'timeout' => $known['timeout'], 'initializer' => (string) $this->asked['initializer'],
                'initializationTimeout' => $known['initializerTimeout'],
            ],
            'service' => [
                'name' => '', 'logProject' => $known['logProject'], 'logStore' => $known['logStore'],
                'qualifier' => $known['qualifier'], 'versionId' => $known['version'],
            ],
            'region' => $known['region'],
            'accountId' => $known['account'],
            'retryCount' => $head['retries'] ?? 0,
            'tracing' => [
                'openTracingSpanContext' => $head['span'] ?? '', 'jaegerEndpoint' => $known['jaeger'], 'openTracingSpanBaggages' => [],
            ],
        ];
    }
}

/** Writes a line past whatever buffers code may have begun. */
function write(string $line)
{
    $left = "$line\n";
    while ($left !== '' && ($sent = fwrite(STDOUT, $left))) {
        $left = (string) substr($left, $sent);
    }
}

/** A result as bytes: texts as they are, nothing for null, anything else as JSON. */
function bytes($result): string
{
    if (!is_string($result) && $result !== null) {
        $text = json_encode($result);
        if ($text === false) {
            throw new Wrong('UnexpectedValueException', 'the result cannot be written as JSON: ' . json_last_error_msg());
        }
        $result = $text;
    }
    if (strlen((string) $result) > LONGEST_ANSWER) {
        throw new Wrong('LengthException', 'the result has ' . strlen($result) . ' bytes; it may have ' . LONGEST_ANSWER);
    }
    return (string) $result;
}

/** The calls that led to an error, without ours. */
function trace(\Throwable $error): string
{
    $lines = [];
    foreach (explode("\n", $error->getTraceAsString()) as $line) {
        if (strpos($line, __FILE__) !== false || preg_match('/^#\d+ \{main\}$/', $line)) {
            break;
        }
        $lines[] = $line;
    }
    return implode("\n", $lines);
}

/** The vendor's JSON of an error. */
function document(\Throwable $error): string
{
    if ($error instanceof Wrong) {
        return json_encode(['errorMessage' => $error->getMessage(), 'errorType' => $error->type], JSON_PARTIAL_OUTPUT_ON_ERROR);
    }
    $place = ['file' => $error->getFile(), 'line' => $error->getLine(), 'traceString' => trace($error)];
    $document = ['errorMessage' => $error->getMessage(), 'errorType' => get_class($error), 'stackTrace' => $place];
    // What is no UTF-8 is no JSON either.
    return json_encode($document, JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR);
}

/** An error as a person reads it. */
function explain(\Throwable $error): string
{
    if ($error instanceof Wrong) {
        return "{$error->type}: {$error->getMessage()}";
    }
    $place = get_class($error) . ": {$error->getMessage()} in {$error->getFile()}:{$error->getLine()}";
    return rtrim("$place\n" . trace($error));
}

$GLOBALS['fcLogger'] = new Logger();
$GLOBALS['sdevCode'] = new Code(new Channel(), $GLOBALS['fcLogger']);
// Files are loaded here and not in a function, so that their variables are global as everywhere.
try {
    $GLOBALS['sdevCode']->prepare();
    while ($GLOBALS['sdevFile'] = $GLOBALS['sdevCode']->next()) {
        require_once $GLOBALS['sdevFile'];
    }
    $GLOBALS['sdevCode']->loaded();
} catch (\Throwable $error) {
    $GLOBALS['sdevCode']->failed($error);
    exit(1);
}
while (true) {
    $GLOBALS['sdevCode']->answer();
}
