"""The annotated example of a config."""

from __future__ import annotations

EXAMPLE = """\
# What triage-tui may be told. Everything is optional; this file is TOML.

# Proxies that are believed when they name whom they were called from: the actor is then the
# right-most address of X-Forwarded-For that is none of these. Addresses, CIDRs, and names:
# akamai, cloudflare, cloudfront, fastly (their published ranges), private.
trusted_proxies = ["cloudfront", "private", "192.0.2.10"]

# What is never blocked, not even by mistake, with a reason that is shown with the refusal.
protect = ["198.51.100.0/24", { cidr = "2001:db8:7::/48", reason = "the bank's office" }]

# Whose hours are working hours: what is usual is told by the hour of the week there.
time_zone = "Europe/Berlin"

# Filters that are picked on the screen by their names (p); K adds one.
filters = [{ name = "scans", filter = "path:/wp-* or path:*phpmyadmin*" }]
# Where a team keeps notes, statuses, verdicts and its journal of blocks: a table in DynamoDB, which
# `triage-tui casebook init` creates. Without it, all that is kept on this machine.
casebook = { table = "dynamodb://triage", profile = "security", region = "eu-west-1" }
# What weighs more when it is destroyed, its secrets are read, or power over it is handed out: names
# or whole ARNs, with * and ?. Words such as payment, customer, backup or secret do by themselves.
sensitive = ["arn:aws:s3:::ledger-*", "orders-prod"]

# Where blocks go: a pair of WAFv2 IP sets, by name or id; `triage-tui blocks init` creates those
# that are missing. Sets of the scope CLOUDFRONT are in us-east-1, whatever the region. One
# [[blocklist]] for each pair; the first is the one that B blocks in.
[[blocklist]]
name = "edge"
scope = "CLOUDFRONT"
profile = "prod"
ipv4 = "blocked-v4"
ipv6 = "blocked-v6"
[[blocklist]]
name = "shop"
scope = "REGIONAL"
region = "eu-west-1"
ipv4 = "shop-blocked-v4"
# What this program asks of WAF when it writes, in one account and region; AWS allows about one.
calls_per_second = 1.0

[limits]
# The widest that may be blocked, as prefix lengths; what is wider than a /24 or a /64 is asked for
# by its name.
widest_ipv4 = 20
widest_ipv6 = 48

[answers]
# Answers other than blocks (the actions menu, `a`), each of which asks before it acts. Whether
# access keys may be deactivated, and sessions of roles and whole users denied.
principals = true
# Whether findings of GuardDuty may be archived, and rated.
findings = true
# Whether network ACLs, rules of security groups and the groups of hosts may be changed.
network = true
# Security groups that let nothing through, one in each VPC: what hosts in quarantine have.
quarantine = ["sg-0123456789abcdef0"]
# Users and roles that are kept for emergencies, by ARN or name: nobody takes anything from them.
break_glass = ["arn:aws:iam::111122223333:user/break-glass", "emergency-*"]
# Functions of your own, which are called with what is known (the README says how).
[[answers.functions]]
name = "isolate"
function = "arn:aws:lambda:eu-west-1:111122223333:function:isolate-host"
# Whether nobody waits for it.
asynchronous = false

[aws]
# Whose accounts, and where: profiles of ~/.aws/config, and regions. Without them, what the AWS CLI
# would take.
profiles = ["prod", "shared"]
regions = ["eu-west-1", "us-east-1"]

# Roles to assume, each in an account of its own; `roles = ["arn:…", "arn:…"]` above does where
# nothing else is to be said. An MFA code is asked for on the screen.
[[aws.roles]]
arn = "arn:aws:iam::444455556666:role/triage"
# The profile it is assumed from; without it, what the environment says.
profile = "hub"
name = "shop"
# Those of [aws], unless others are said.
regions = ["eu-west-1"]
external_id = "tide-42"
session_name = "night-shift"
mfa_serial = "arn:aws:iam::777788889999:mfa/oncall"
# How long a session lasts; an hour at most where the profile is a role itself.
duration = "8h"

[logs]
# Which log groups are tailed; * stands for any text. New ones that match are picked up.
groups = ["/aws/lambda/shop-*", "aws-waf-logs-*", "aws-cloudtrail-logs-*"]
exclude = ["/aws/lambda/shop-canary"]
# In a monitoring account of CloudWatch: whether the groups of linked accounts are tailed as well.
linked = false
# "auto": Live Tail, and polls where it is denied or cannot be reached; "live"; "poll".
tail = "auto"
# How far back a triage begins.
since = "15m"
# A filter pattern of CloudWatch Logs, for every group.
filter_pattern = ""
poll_seconds = 5.0
# Requests to FilterLogEvents in one account and region, and Live Tail sessions (of ten groups at
# most) at once. Live Tail is billed by the minute and session.
requests_per_second = 5.0
tail_sessions = 10

[guardduty]
# Findings of every detector there is.
enabled = true
poll_seconds = 60.0
since = "1d"

[cloudtrail]
# "auto": the trail is looked up where no tailed log group holds it; "on"; "off".
lookup = "auto"
poll_seconds = 30.0

[inspector]
# The holes that Amazon Inspector knows in functions and images: fetched at start, and what changes.
enabled = false
poll_seconds = 300.0

[history]
# What a look into the past may scan in Logs Insights, which bills about half a US cent a gigabyte:
# more is refused before it begins. And how many queries run at once in an account and region.
limit_gb = 20.0
queries = 4
# Tables of CloudTrail or WAF logs in Athena, with the columns that AWS documents.
# The work group has to limit what a query may scan (BytesScannedCutoffPerQuery): that counts.
[[history.athena]]
table = "cloudtrail_logs"
database = "default"
format = "cloudtrail"
workgroup = "triage"
output = "s3://results/triage/"
location = "s3://trail-logs/AWSLogs/"
partition = "timestamp"
partition_format = "%Y/%m/%d"

[recording]
# How long the recordings of live nights are kept, and how much of the disk they may fill.
keep_days = 30.0
keep_gb = 10.0

[rules]
# Sigma rules of yours, files and folders, besides our own pack; without `own`, instead of it.
folders = ["~/sigma/rules/cloud/aws", "~/sigma/rules/web"]
own = true
# What stands in rules as %name%, with Sigma's `expand`.
placeholders = { Administrators = ["anna", "ops-*"] }
# Rules that you do not want to hear of, by their id: everywhere, or for one entity.
mute = [
  "905d389b-b853-46d0-9d3d-dea0d3a3cd49",
  { rule = "352a918a-34d8-4882-8470-44830c507aa3", entity = "ip:198.51.100.7", reason = "ours" },
]

[formats]
# The fields of VPC flow logs that come without a header, in their order.
flow_fields = "version account-id interface-id srcaddr dstaddr srcport dstport action log-status"
# Keys of your application's JSON logs that hold the client's address and the user; they are tried
# before the usual ones.
ip_keys = ["visitor.address"]
user_keys = ["visitor.login"]

[geo]
# A table of networks' operators, as GeoLite2-ASN.mmdb; it needs `pip install 'triage-tui[asn]'`.
asn_database = "~/GeoLite2-ASN.mmdb"
# A table of places with their coordinates, as GeoLite2-City.mmdb: who cannot have come so far so
# soon is told by it; without it, countries are measured.
city_database = "~/GeoLite2-City.mmdb"

[intel]
# Lists of addresses, files and folders: plain text, CSV, MISP warning lists, STIX 2.1 bundles.
# Those of `block` count against whoever is on them; the plan warns before it blocks one of `allow`.
block = ["~/lists/drop.txt", "~/lists/misp-feed.json"]
allow = ["~/lists/partners.csv", "~/misp-warninglists/lists/public-dns-v4"]
tor = ["~/lists/exit-addresses"]
# Edges of content delivery networks, beyond those known here.
cdn = ["~/lists/ip-ranges.json"]
# A list that is older counts half, and is said to be stale.
stale_days = 30.0

[dependencies]
# Which requests reach which function: by what logs name (a load balancer, the host of an API, a web
# ACL) and, where need be, by path. Log groups of functions and CloudTrail need none of it.
routes = [
  { resource = "app/shop/*", path = "/api/checkout*", function = "shop-checkout" },
]
# What runs in a function: what a report looked at, or the report's own file.
contents = [
  { report = "*.dkr.ecr.*/shop-checkout:*", function = "shop-checkout" },
]
# A tag of functions that says by which resources each is reached, with blanks between several:
# "shop-acl api.example.org:/checkout" (by paths that begin like this alone).
tag = "reached-by"
# From where packages may come, for `triage-tui deps`: without it, from where most of a file do.
hosts = ["npm.example.org"]

[terminal]
# dark, light, high-contrast, colour-blind, ansi-16 (the terminal's own sixteen colours), or "auto":
# dark, and ansi-16 where the terminal has no more, or NO_COLOR is set. T tries the next one.
theme = "auto"
# How copies reach the clipboard: "osc52" as it is, "tmux" and "screen" wrapped for those, "file"
# into the state folder; "auto" finds out. y says which it was.
clipboard = "auto"
# When somebody becomes critical in a live triage: a bell, and a notification of the desktop, by
# "osc9" or "osc777", or "off".
bell = true
notify = "auto"

[keys]
# Other keys, by the id of what they do: `triage-tui config keys` lists them all.
"case.note" = "c"
"time.toggle" = ["space", "0"]
"""


def commented(text: str) -> str:
    """The text with its settings switched off, and its sections on; those of which there may be
    several are off too, for each of them says something by being there."""
    lines = (
        line
        if not line or (line.startswith(("#", "[")) and not line.startswith("[["))
        else f"#{line}"
        for line in text.splitlines()
    )
    return "\n".join(lines) + "\n"
