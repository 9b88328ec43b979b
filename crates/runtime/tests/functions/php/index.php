<?php
require_once 'deep/near.php';

$started = 'at load';
$count = 0;

function echoes($event, $context) { return $event; }
function nothing($event, $context) { }
function number($event, $context) { return 1.5; }
function value($event, $context) { return ['b' => [1, null, true], 'a' => 'ä/']; }
function globals($event, $context) { global $started; return "$started " . near() . ' ' . STAGE() . ' ' . getcwd(); }
function STAGE() { return getenv('STAGE') . $_ENV['STAGE']; }
function told($event, $context) { return $context; }
function initialize($context) { global $count; $count++; echo 'got ready ', $context['requestId'], "\n"; }
function counts($event, $context) { global $count; return (string) $count++; }
function refuses($context) { throw new LogicException('cold'); }
function stops($context) { file_put_contents(getenv('OUT'), 'stopped'); }
function logs($event, $context) {
    $logger = $GLOBALS['fcLogger'];
    $logger->info('hello world');
    $logger->debug('too little');
    $logger->setLevel(500);
    $logger->info('suppressed');
    $logger->critical('at last');
    ob_start();
    echo "printed\n";
    ob_end_flush();
    trigger_error('careful', E_USER_WARNING);
    return fgets(STDIN) === false ? 'no input' : 'input';
}
function throws($event, $context) {
    throw new Exception('oops');
}
function deeper($event, $context) { inner(); }
function inner() { throw new DomainException("\xff deep"); }
function missing($event, $context) { return nowhere(); }
function invalid($event, $context) { return [NAN]; }
function leaves($event, $context) { exit(3); }
function sleeps($event, $context) { sleep(60); }
function eats($event, $context) { $all = ''; while (true) { $all .= str_repeat('x', 1 << 20); } }
