#!/usr/bin/perl
# The tiny product's service: serves webapp/ and data/tiny.db (by the sqlite3 program) on one port.
#   tiny.pl ROOT PORT
# TINY_MISBEHAVE (data/tiny.env): never-ready | ignore-term | leave-behind | die-new (where the pages are of 2.0) |
#   die-new-loudly (with a long stack trace) | wrong-page | wrong-page-of-2 | never-settled |
#   die-used-new (where the pages are of 2.0: at the first page) | old-answer (where the pages are of 2.0: answers as 1.0 would)
# Where its database has a table job it does in the background, once after its start, what stands there.
use strict;
use warnings;
use IO::Socket::INET;

my ($root, $port) = @ARGV;
my $misbehave = $ENV{TINY_MISBEHAVE} // '';
$SIG{TERM} = $misbehave eq 'ignore-term' ? 'IGNORE' : sub { exit 0 };
if ($misbehave =~ /^die-new/) {
  open(my $page, '<', "$root/webapp/page.html");
  if (<$page> =~ /2\.0/) {
    if ($misbehave eq 'die-new-loudly') { print STDERR "at tiny.start(line $_)\n" for 1 .. 20000 }
    die "no licence for 2.0\n";
  }
}
if ($misbehave eq 'leave-behind' && !fork) {
  $SIG{TERM} = 'IGNORE';
  open(my $held, '<', "$root/webapp/index.html");
  open(STDOUT, '>', '/dev/null');
  open(STDERR, '>', '/dev/null');
  sleep 1 for 1 .. 30;
  exit 0;
}
my $build = 'unknown';
if (open(my $page, '<', "$root/webapp/page.html")) {
  ($build) = <$page> =~ /([0-9.]+)/;
  my $two = ($build // '') eq '2.0';
  $build = '1.0' if $misbehave eq 'old-answer' && $two;
  $misbehave = '' if $misbehave eq 'die-used-new' && !$two;
  $misbehave = 'wrong-page' if $misbehave eq 'wrong-page-of-2' && $two;
  if ($two && $misbehave ne 'never-settled' && !fork) {
    select(undef, undef, undef, 0.7);
    system('sqlite3', '-cmd', '.timeout 5000', "$root/data/tiny.db", 'update job set done = 1 where done = 0');
    exit 0;
  }
}
$SIG{CHLD} = 'IGNORE';
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 8, ReuseAddr => 1)
  or die "port $port: $!\n";
while (1) {
  my $client = $server->accept or next;
  my $request = <$client> // '';
  while (my $line = <$client>) { last if $line =~ /^\r?\n$/ }
  my ($path) = $request =~ m{^GET (\S+)};
  die "out of memory\n" if $misbehave eq 'die-used-new' && $path ne '/health';
  my ($status, $body) = (200, '');
  if ($path eq '/health') {
    $status = 503 if $misbehave eq 'never-ready';
    $body = sprintf '{"status": "ok", "build": "tiny-%s"}', $build // 'unknown';
  } elsif (open(my $file, '<', "$root/webapp$path")) {
    local $/;
    $body = $misbehave eq 'wrong-page' ? 'NULL' : <$file>;
  } else {
    $status = 404;
  }
  print $client "HTTP/1.1 $status X\r\nContent-Length: " . length($body) . "\r\nConnection: close\r\n\r\n$body";
  close $client;
}
