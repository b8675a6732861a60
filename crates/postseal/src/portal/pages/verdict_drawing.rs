//! A verdict drawn from evidence to decision: columns of what was found or could have been decided, and
//! the wires between them, of which the path taken is in ink.

use super::messages::result_mark;
use crate::api::resource::VerdictResource;
use crate::portal::page::Mark;
use crate::portal::words::{ACTIONS, MessagesWords};
use crate::words::Lang;

/// A step of the way, with the wires that lead to it from the step before.
pub(super) struct Column {
    pub(super) title: &'static str,
    pub(super) nodes: Vec<Node>,
    pub(super) wires: Vec<Wire>,
}

/// Something that was found, or could have been decided.
pub(super) struct Node {
    /// It is on the path taken.
    pub(super) taken: bool,
    pub(super) mark: Option<Mark>,
    pub(super) text: String,
    pub(super) detail: String,
}

/// A line between two nodes, as an SVG path.
pub(super) struct Wire {
    pub(super) taken: bool,
    pub(super) path: String,
}

/// All columns of a verdict, and how high the drawing is.
pub(super) struct Drawing {
    pub(super) columns: Vec<Column>,
    pub(super) height: usize,
}

/// A node's height and the way to the next one, as the stylesheet has them (`.verdict`).
const NODE: usize = 112;
const PITCH: usize = 120;

/// How wide a gutter is.
pub(super) const GUTTER: usize = 40;

impl Node {
    fn new(taken: bool, text: impl Into<String>, detail: impl Into<String>) -> Node {
        Node { taken, mark: None, text: text.into(), detail: detail.into() }
    }

    fn marked(self, mark: Mark) -> Node {
        Node { mark: Some(mark), ..self }
    }
}

impl Wire {
    fn new(from: usize, to: usize, taken: bool) -> Wire {
        let [from, to] = [from, to].map(|row| row * PITCH + NODE / 2);
        let middle = GUTTER / 2;
        Wire { taken, path: format!("M0 {from}C{middle} {from} {middle} {to} {GUTTER} {to}") }
    }

    /// How the path of each wire begins that leaves the node in this row.
    fn begin(row: usize) -> String {
        format!("M0 {}C", row * PITCH + NODE / 2)
    }
}

impl Drawing {
    pub(super) fn of(verdict: &VerdictResource, words: &'static MessagesWords, lang: Lang) -> Drawing {
        let mut found = evidence(verdict, words);
        let aligned = alignment(verdict, words);
        let asked = policy(verdict, words);
        let otherwise: Vec<Node> =
            verdict.reasons.iter().map(|reason| Node::new(true, &*reason.kind, &*reason.comment)).collect();
        let decided = decision(verdict, lang);
        let to_alignment = vouching(verdict, &aligned);
        let to_policy = policy_wires(&aligned, &asked);
        let to_reasons = joined(&asked, &otherwise);
        let before = if otherwise.is_empty() { &asked } else { &otherwise };
        let to_decision = joined(before, &decided);
        for (row, node) in found.iter_mut().enumerate() {
            let begins = Wire::begin(row);
            node.taken = to_alignment.iter().any(|wire| wire.taken && wire.path.starts_with(&begins));
        }
        let column = |title, nodes, mut wires: Vec<Wire>| {
            // What is drawn later lies above.
            wires.sort_by_key(|wire| wire.taken);
            Column { title, nodes, wires }
        };
        let mut columns = vec![
            column(words.evidence, found, Vec::new()),
            column(words.alignment, aligned, to_alignment),
            column(words.policy, asked, to_policy),
            column(words.otherwise, otherwise, to_reasons),
            column(words.decision, decided, to_decision),
        ];
        columns.retain(|column| !column.nodes.is_empty());
        let rows = columns.iter().map(|column| column.nodes.len()).max().unwrap_or(0);
        Drawing { columns, height: rows * PITCH }
    }
}

/// Wires from all that is on the path to all that is on the path.
fn joined(from: &[Node], to: &[Node]) -> Vec<Wire> {
    let taken = |nodes: &[Node]| -> Vec<usize> {
        nodes.iter().enumerate().filter(|(_, node)| node.taken).map(|(at, _)| at).collect()
    };
    let ends = taken(to);
    let wires =
        taken(from).into_iter().flat_map(|from| ends.iter().map(move |to| Wire::new(from, *to, true)));
    wires.collect()
}

/// Which of it is on the path is seen by the wires that leave it.
fn evidence(verdict: &VerdictResource, words: &MessagesWords) -> Vec<Node> {
    let mark = |result: &str| if result == "pass" { Mark::Sealed } else { result_mark(result) };
    let envelope = verdict.spf.domain.as_deref().unwrap_or(words.unknown);
    let mut nodes = vec![
        Node::new(false, format!("SPF: {}", verdict.spf.result), format!("{} {envelope}", words.envelope))
            .marked(result_mark(&verdict.spf.result)),
    ];
    for signature in &verdict.dkim {
        let text = format!("DKIM: {}", signature.result);
        let detail = format!("{}, {} {}", signature.domain, words.selector, signature.selector);
        nodes.push(Node::new(false, text, detail).marked(mark(&signature.result)));
    }
    if verdict.dkim.is_empty() {
        nodes.push(Node::new(false, words.no_signature, ""));
    }
    if verdict.arc != "none" {
        let text = format!("ARC: {}", verdict.arc);
        nodes.push(Node::new(false, text, words.sealed).marked(result_mark(&verdict.arc)));
    }
    nodes
}

/// Rows of the column of alignment.
const SPF_ALIGNED: usize = 0;
const DKIM_ALIGNED: usize = 1;
const NOT_ALIGNED: usize = 2;

fn alignment(verdict: &VerdictResource, words: &MessagesWords) -> Vec<Node> {
    match verdict.alignment {
        Some(aligned) => vec![
            Node::new(aligned.spf, words.spf_aligned, ""),
            Node::new(aligned.dkim, words.dkim_aligned, ""),
            Node::new(!aligned.spf && !aligned.dkim, words.not_aligned, ""),
        ],
        None => vec![Node::new(true, words.not_noted, "")],
    }
}

/// From each piece of evidence to what it vouches for. An ARC chain vouches for no domain: where it
/// decided, it is among the reasons.
fn vouching(verdict: &VerdictResource, aligned: &[Node]) -> Vec<Wire> {
    let pieces = 1 + verdict.dkim.len().max(1);
    let Some(alignment) = verdict.alignment else {
        return (0..pieces).map(|piece| Wire::new(piece, 0, true)).collect();
    };
    let passes = |result: &str| result == "pass";
    let related: Vec<bool> =
        verdict.dkim.iter().map(|s| passes(&s.result) && is_related(&s.domain, verdict)).collect();
    let some_related = related.contains(&true);
    let nothing = aligned.get(NOT_ALIGNED).is_some_and(|node| node.taken);
    let mut wires = vec![Wire::new(0, SPF_ALIGNED, alignment.spf)];
    for (at, signature) in verdict.dkim.iter().enumerate() {
        let counts = passes(&signature.result) && (!some_related || related.get(at) == Some(&true));
        wires.push(Wire::new(1 + at, DKIM_ALIGNED, alignment.dkim && counts));
    }
    wires.extend((0..pieces).map(|piece| Wire::new(piece, NOT_ALIGNED, nothing)).filter(|wire| wire.taken));
    wires
}

/// Whether one of the two domains is the other, or lies below it.
fn is_related(domain: &str, verdict: &VerdictResource) -> bool {
    let below = |name: &str, other: &str| {
        name.strip_suffix(other).is_some_and(|labels| labels.is_empty() || labels.ends_with('.'))
    };
    verdict.author_domain.as_deref().is_some_and(|from| below(domain, from) || below(from, domain))
}

fn policy(verdict: &VerdictResource, words: &MessagesWords) -> Vec<Node> {
    let applied = verdict.policy.as_deref();
    let counts = verdict.dmarc != "pass";
    let domain = verdict.policy_domain.as_ref().map(|domain| format!("{} {domain}", words.of_domain));
    let node = |word: &str, text: &'static str| {
        let taken = counts && applied == Some(word);
        let detail = domain.clone().filter(|_| applied == Some(word)).unwrap_or_default();
        Node::new(taken, text, detail)
    };
    let mut nodes = vec![
        Node::new(!counts, words.not_needed, ""),
        node("none", words.p_none),
        node("quarantine", words.p_quarantine),
        node("reject", words.p_reject),
    ];
    if applied.is_none() {
        nodes.push(Node::new(counts, words.no_policy, ""));
    }
    nodes
}

/// What vouches makes the policy needless; where nothing does, one of the others is asked for.
fn policy_wires(aligned: &[Node], asked: &[Node]) -> Vec<Wire> {
    let mut wires = joined(aligned, asked);
    let drawn = |wires: &[Wire], path: &str| wires.iter().any(|wire| wire.path == path);
    if aligned.len() > NOT_ALIGNED {
        let needless = [SPF_ALIGNED, DKIM_ALIGNED].map(|from| (from, 0));
        let others = (1..asked.len()).map(|to| (NOT_ALIGNED, to));
        for (from, to) in needless.into_iter().chain(others) {
            let wire = Wire::new(from, to, false);
            if !drawn(&wires, &wire.path) {
                wires.push(wire);
            }
        }
    }
    wires
}

fn decision(verdict: &VerdictResource, lang: Lang) -> Vec<Node> {
    let node = |(word, en, ja): &(&str, &'static str, &'static str)| {
        let node = Node::new(verdict.action == *word, lang.pick(en, ja), "");
        if verdict.action == *word { node.marked(action_mark(word)) } else { node }
    };
    ACTIONS.iter().map(node).collect()
}

fn action_mark(action: &str) -> Mark {
    match action {
        "deliver" => Mark::Good,
        "reject" => Mark::Bad,
        _ => Mark::Attention,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    use crate::portal::words::MESSAGES;

    fn verdict(dmarc: &str, (spf, dkim): (bool, bool), signatures: &[(&str, &str)]) -> Value {
        let signature =
            |(domain, result): &(&str, &str)| json!({"domain": domain, "selector": "s1", "result": result});
        json!({
            "id": 1, "at": "2026-11-03T07:05:09Z", "queue_id": "A", "client": null, "mail_from": null,
            "author_domain": "contoso.example",
            "spf": {"domain": null, "result": if spf { "pass" } else { "fail" }},
            "dkim": signatures.iter().map(signature).collect::<Vec<Value>>(),
            "arc": "none", "dmarc": dmarc, "alignment": {"spf": spf, "dkim": dkim},
            "policy": "reject", "policy_domain": "contoso.example", "disposition": null, "reasons": [],
            "action": if dmarc == "pass" { "deliver" } else { "reject" },
        })
    }

    /// The rows that the wires in ink join, a pair of ends each, by column.
    fn in_ink(verdict: &Value) -> Vec<Vec<(usize, usize)>> {
        let verdict: VerdictResource = serde_json::from_value(verdict.clone()).expect("a verdict");
        let drawing = Drawing::of(&verdict, MESSAGES.of(Lang::En), Lang::En);
        let ends = |wire: &Wire| {
            let numbers: Vec<usize> =
                wire.path.split(['M', 'C', ' ']).filter_map(|number| number.parse().ok()).collect();
            let row = |y: Option<&usize>| (y.expect("a place") - NODE / 2) / PITCH;
            (row(numbers.get(1)), row(numbers.last()))
        };
        let taken = |column: &Column| column.wires.iter().filter(|wire| wire.taken).map(ends).collect();
        drawing.columns.iter().skip(1).map(taken).collect()
    }

    #[test]
    fn the_path_taken_is_drawn_from_evidence_to_decision() {
        let signed = [("contoso.example", "pass"), ("list.example", "pass"), ("contoso.example", "fail")];
        let check = |verdict: &Value, expected: &[&[(usize, usize)]]| {
            assert_eq!(in_ink(verdict), expected, "{verdict:?}");
        };
        // Of three signatures, the one that passes and belongs to From counts.
        check(&verdict("pass", (false, true), &signed), &[&[(1, 1)], &[(1, 0)], &[(0, 0)]]);
        check(&verdict("pass", (true, false), &[]), &[&[(0, 0)], &[(0, 0)], &[(0, 0)]]);
        let mut spoofed = verdict("fail", (false, false), &[]);
        check(&spoofed, &[&[(0, 2), (1, 2)], &[(2, 3)], &[(3, 4)]]);
        let mut forwarded = spoofed.clone();
        forwarded["reasons"] = json!([{"kind": "trusted_forwarder", "comment": ""}]);
        forwarded["action"] = json!("deliver");
        check(&forwarded, &[&[(0, 2), (1, 2)], &[(2, 3)], &[(3, 0)], &[(0, 0)]]);
        spoofed["alignment"] = Value::Null;
        check(&spoofed, &[&[(0, 0), (1, 0)], &[(0, 3)], &[(3, 4)]]);
    }
}
