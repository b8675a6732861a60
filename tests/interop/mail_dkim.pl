#!/usr/bin/env perl
# Mail::DKIM as a peer: one job a line on standard input, one answer a line on standard output, both JSON.
#   {"op": "verify"|"sign"|"arc-verify"|"arc-sign", "message": BASE64, ...}
# Its DNS is the zone given as the only argument: a JSON object of names and TXT values.
use strict;
use warnings;

use JSON::PP;
use MIME::Base64;
use Mail::DKIM;
use Mail::DKIM::ARC::Signer;
use Mail::DKIM::ARC::Verifier;
use Mail::DKIM::DNS;
use Mail::DKIM::Signer;
use Mail::DKIM::Verifier;
use Net::DNS;

package FixedZone {
    sub new { my ( $class, $zone ) = @_; return bless { zone => $zone }, $class }

    sub send {
        my ( $self, $name, $type ) = @_;
        my $packet = Net::DNS::Packet->new( $name, $type );
        my $text = $self->{zone}{ lc $name };
        $packet->header->rcode( defined $text ? 'NOERROR' : 'NXDOMAIN' );
        my @strings = unpack '(a255)*', $text // '';
        $packet->push( answer => Net::DNS::RR->new( owner => $name, type => 'TXT', txtdata => \@strings ) )
          if defined $text && $type eq 'TXT';
        return $packet;
    }

    sub errorstring { return 'NOERROR' }
}

my %jobs = (
    'verify'     => sub { return judge( Mail::DKIM::Verifier->new, @_ ) },
    'arc-verify' => sub { return judge( Mail::DKIM::ARC::Verifier->new, @_ ) },
    'sign'       => \&sign,
    'arc-sign'   => \&arc_sign,
);

my $zone = shift or die "usage: mail_dkim.pl ZONE-AS-JSON\n";
Mail::DKIM::DNS::resolver( FixedZone->new( decode_json($zone) ) );
$| = 1;
while ( my $line = <STDIN> ) {
    my $job = decode_json($line);
    my $answer = eval { $jobs{ $job->{op} }->( $job, decode_base64( $job->{message} ) ) };
    $answer //= { result => 'error', reason => "$@" };
    print encode_json($answer), "\n";
}

sub judge {
    my ( $verifier, $job, $message ) = @_;
    feed( $verifier, $message );
    return { result => $verifier->result, reason => $verifier->result_detail };
}

sub sign {
    my ( $job, $message ) = @_;
    my $signer = Mail::DKIM::Signer->new(
        Algorithm => $job->{algorithm},
        Method    => $job->{canonicalization},
        Domain    => $job->{domain},
        Selector  => $job->{selector},
        KeyFile   => $job->{key},
    );
    feed( $signer, $message );
    return { fields => encode_base64( $signer->signature->as_string, '' ) };
}

sub arc_sign {
    my ( $job, $message ) = @_;
    my $signer = Mail::DKIM::ARC::Signer->new(
        Algorithm => 'rsa-sha256',
        Chain     => 'ar',
        Domain    => $job->{domain},
        SrvId     => $job->{authserv_id},
        Selector  => $job->{selector},
        KeyFile   => $job->{key},
    );
    feed( $signer, $message );
    die $signer->{details} // 'not sealed' unless $signer->result eq 'sealed';
    return { fields => encode_base64( join( "\015\012", $signer->as_strings ), '' ) };
}

sub feed {
    my ( $party, $message ) = @_;
    $party->PRINT($message);
    $party->CLOSE;
    return;
}
