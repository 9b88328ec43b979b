<?php
function near() { return 'near'; }
function handler($event, $context) { return 'deep ' . $event; }
