#!/usr/bin/env perl
# Prints what Mail::DKIM makes of the message on standard input, with the system's resolver.
use strict;
use warnings;

use Mail::DKIM::Verifier;

my $verifier = Mail::DKIM::Verifier->new;
binmode STDIN;
while ( my $line = <STDIN> ) {
    $verifier->PRINT($line);
}
$verifier->CLOSE;
print $verifier->result, "\n";
