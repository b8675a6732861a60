"""Every field that a page shows and that mail, the DNS or people fill in, and what is put into it."""

from hostile_strings import STRINGS, label, octets, text

KINDS = list(STRINGS)
PLAIN = "a long word"
# Of these, no grammar of a header field ends in the middle.
WORDS = (PLAIN, "right to left", "not UTF-8")
WITHOUT_CONTROLS = [kind for kind in KINDS if kind not in ("controls", "nul", "lines")]
WANTED = {"as a name": [PLAIN], "as a word": WORDS, "without controls": WITHOUT_CONTROLS, "short": [kind for kind in KINDS if kind != PLAIN]}

# Every field that is shown anywhere, and where. "nowhere": it is not kept, and no page has it. "as a name": what is no domain
# name is dropped where it comes in, and only PLAIN of the strings is one; "as a word": what ends a word ends what is read; "short": what is too long is refused.
# "refused": the page that says so may show it. "field of": it stands in a field of a form, as it was typed.
FIELDS = {
    # from mail, through the milter; of a queue id its letters and digits are kept
    "queue id": ("mail", "messages, message"),
    "From, display name": ("mail", "nowhere"), "From, local part": ("mail", "nowhere"), "From, domain": ("mail", "as a name: messages, message"),
    "Subject": ("mail", "nowhere"), "body": ("mail", "nowhere"), "HELO": ("mail", "nowhere"), "name of the client": ("mail", "nowhere"),
    "reverse-path, local part": ("mail", "nowhere"), "reverse-path, domain": ("mail", "as a name: message"), "recipient": ("mail", "nowhere"),
    "DKIM d=": ("mail", "as a name: message"), "DKIM s=": ("mail", "as a name: message"), "DKIM i=": ("mail", "nowhere"),
    "Authentication-Results of others": ("mail", "nowhere"), "ARC set": ("mail", "nowhere"),
    # from the DNS
    "SPF term": ("dns", "spf, check"), "SPF include": ("dns", "spf, check"), "SPF modifier": ("dns", "spf, check"),
    "DMARC rua": ("dns", "dmarc, check"), "DMARC unknown tag": ("dns", "dmarc, check"), "DMARC p": ("dns", "dmarc, check"),
    "MX": ("dns", "as a name: check"), "NS": ("dns", "as a name: unproven"), "PTR": ("dns", "as a name: check"), "CNAME of a selector": ("dns", "as a name: dkim"),
    "DKIM key record": ("dns", "check"), "BIMI": ("dns", "check"), "TLSRPT": ("dns", "check"), "MTA-STS": ("dns", "check"),
    "ownership token": ("dns", "unproven"),
    # pasted into explain
    "Authentication-Results": ("pasted", "explain"), "Exchange Online": ("pasted", "as a word: explain"), "ARC fields": ("pasted", "as a word: explain"),
    "bounce": ("pasted", "explain"), "bounce, Diagnostic-Code": ("pasted", "explain"), "message, Received": ("pasted", "as a word: explain"),
    "message, From": ("pasted", "field of explain"), "message, DKIM-Signature": ("pasted", "field of explain"), "message, Subject": ("pasted", "field of explain"),
    # typed by people, or sent by programs
    "organisation": ("typed", "refused"), "domain": ("typed", "refused"), "path": ("typed", "refused"), "search": ("typed", "short: field of search"), "order of domains": ("typed", "refused"),
    "filter of domains": ("typed", "field of domains"), "filter of messages": ("typed", "field of messages"), "domain to check": ("typed", "refused"),
    "selector to check": ("typed", "refused"), "address to check": ("typed", "refused"), "volume to check": ("typed", "refused"),
    "SPF draft": ("typed", "spf"), "DMARC draft": ("typed", "field of dmarc"), "note of a pair": ("mail", "without controls: allowed"),
    "Author Domain of a pair": ("typed", "refused"), "client of a pair": ("typed", "refused"), "end of a pair": ("typed", "refused"), "note that is too long": ("typed", "refused"),
    "pair in a link": ("typed", "field of allowed"), "sealer": ("typed", "refused"), "token": ("typed", "refused"), "scope of a token": ("typed", "refused"),
    "receiver policy": ("typed", "refused"), "name at the log-in": ("strangers", "field of log-in"), "way back after the log-in": ("strangers", "nowhere"),
    "set-up link": ("strangers", "refused"),
    # typed at the sandbox's registrar
    "registrar, value": ("sandbox", "without controls: dns"), "registrar, host": ("sandbox", "refused"), "registrar, kind": ("sandbox", "refused"),
    "registrar, ttl": ("sandbox", "refused"), "registrar, target": ("sandbox", "refused"), "registrar, path": ("sandbox", "refused"),
    "registrar, SPF record": ("sandbox", "message"), "export format": ("typed", "refused"),
}


def mark(field, kind):
    return f"zq{list(FIELDS).index(field):02d}x{KINDS.index(kind):02d}"


def raw(field, kind):
    return octets(kind, mark(field, kind))


def typed(field, kind):
    return text(kind, mark(field, kind))


def name(field, kind):
    return label(kind, mark(field, kind))
