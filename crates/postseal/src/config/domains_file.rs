use std::path::Path;
use std::sync::Arc;

use postseal_core::dkim::Selector;
use postseal_core::dns::DomainName;

use super::fault::{Fault, FaultKind, Place};
use super::source::Source;

/// A line of a domains file: the domain, its selector and its key.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) domain: DomainName,
    pub(super) selector: Selector,
    pub(super) key_file: Arc<Path>,
    /// Octets of the domain in the file.
    pub(super) at: std::ops::Range<usize>,
}

/// Reads a domains file, for those who sign for more domains than they want to write
/// tables for: on each line a domain, a selector and a key file with blanks between
/// them. Empty lines and what follows a `#` at the beginning of a line or after a
/// blank are left out. Wrong lines are faults, the others are returned.
pub(super) fn read(source: &Source) -> (Vec<Line>, Vec<Fault>) {
    let text = source.text();
    let mut lines = Vec::with_capacity(memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1);
    let mut faults = Vec::new();
    let mut begin = 0;
    for written in text.split_inclusive('\n') {
        match read_line(source, written, begin) {
            Ok(Some(line)) => lines.push(line),
            Ok(None) => {}
            Err(fault) => faults.push(fault),
        }
        begin += written.len();
    }
    (lines, faults)
}

fn read_line(source: &Source, written: &str, begin: usize) -> Result<Option<Line>, Fault> {
    let mut columns = [""; 3];
    let mut count = 0;
    for word in written.split_ascii_whitespace().take_while(|word| !word.starts_with('#')) {
        if let Some(column) = columns.get_mut(count) {
            *column = word;
        }
        count += 1;
    }
    let at = |word: &str| {
        let start = begin + (word.as_ptr() as usize).wrapping_sub(written.as_ptr() as usize);
        start..start + word.len()
    };
    let place = |word: &str| -> Place { source.place(at(word)) };
    match count {
        0 => return Ok(None),
        3 => {}
        columns => {
            let line = written.trim();
            return Err(Fault { place: place(line), kind: FaultKind::DomainsFileLine { columns } });
        }
    }
    let [domain, selector, key_file] = columns;
    let name = DomainName::parse(domain).map_err(|error| Fault {
        place: place(domain),
        kind: FaultKind::Domain { value: domain.to_owned(), error },
    })?;
    let chosen = Selector::parse(selector).map_err(|error| Fault {
        place: place(selector),
        kind: FaultKind::Selector { value: selector.to_owned(), error },
    })?;
    chosen
        .key_name(&name)
        .map_err(|error| Fault { place: place(selector), kind: FaultKind::KeyName { error } })?;
    let key_file = Arc::from(source.path(key_file));
    Ok(Some(Line { domain: name, selector: chosen, key_file, at: at(domain) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Lang;

    fn check(text: &str, expected: &[&str]) {
        let source = Source::new(Arc::from(Path::new("/etc/postseal/domains")), text.to_owned());
        let (lines, faults) = read(&source);
        let mut got: Vec<String> = lines
            .iter()
            .map(|line| format!("{} {} {}", line.domain, line.selector, line.key_file.display()))
            .collect();
        let faults = faults.iter().map(|fault| format!("{}: {}", fault.place, fault.kind.what(Lang::En)));
        got.extend(faults);
        assert_eq!(got, expected, "{text:?}");
    }

    #[test]
    fn reads_lines() {
        check("", &[]);
        check("# only a comment\n\n   \n", &[]);
        check(
            "Contoso.example s1 keys/contoso.pem\n\tfabrikam.example\ts2\t/keys/f.pem # the other\r\n",
            &["contoso.example s1 /etc/postseal/keys/contoso.pem", "fabrikam.example s2 /keys/f.pem"],
        );
    }

    #[test]
    fn wrong_lines_are_faults_and_the_others_stay() {
        check(
            "contoso.example s1\na.example s1 k extra\n  b..example s1 k\nc.example s! k\nd.example s1 k\n",
            &[
                "d.example s1 /etc/postseal/k",
                "/etc/postseal/domains:1:1: this line has 2 columns",
                "/etc/postseal/domains:2:1: this line has 4 columns",
                "/etc/postseal/domains:3:3: \"b..example\" is no domain name: a label is empty",
                "/etc/postseal/domains:4:11: \"s!\" is no selector: a character is not allowed in a domain name",
            ],
        );
    }
}
