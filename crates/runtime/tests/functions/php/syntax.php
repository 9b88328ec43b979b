<?php function handler( {
