//! Properties of the reader of MTA-STS Policies.

use postseal_core::advice::{MAX_POLICY_AGE, MAX_POLICY_FAULTS, MtaStsPolicyFault, ReadPolicy};
use postseal_core::dns::DomainName;
use proptest::prelude::*;

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9-]{0,10}(\\.[a-z]{2,10}){1,3}"
}

proptest! {
    /// Any octets are read, within the bounds, and there is a policy exactly where nothing grave is wrong.
    #[test]
    fn any_octets_are_read(octets in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let read = ReadPolicy::read(&octets);
        prop_assert!(read.faults.len() <= MAX_POLICY_FAULTS + 8);
        prop_assert_eq!(read.policy.is_none(), read.faults.iter().any(|faulty| !faulty.fault.is_harmless()));
        for faulty in &read.faults {
            prop_assert!(faulty.line.get(faulty.span.clone()).is_some());
        }
    }

    /// What is written by the rules is read without a fault, whatever the order, the line ends and the keys in between.
    #[test]
    fn what_is_right_is_read(
        mode in prop::sample::select(vec!["enforce", "testing", "none"]),
        names in prop::collection::vec((any::<bool>(), name()), 1..6),
        age in 0..=MAX_POLICY_AGE,
        extra in "[a-z][a-z_.-]{0,8}: [ -~]{0,20}",
        line_end in prop::sample::select(vec!["\n", "\r\n"]),
        blanks in "[ \t]{0,3}",
        turn in 0_usize..9,
    ) {
        prop_assume!(!["version", "mode", "mx", "max_age"].iter().any(|key| extra.starts_with(&format!("{key}:"))));
        let mut lines = vec!["version: STSv1".to_owned(), format!("mode:{blanks}{mode}"), format!("max_age: {age}{blanks}"), extra];
        let pattern = |(wildcard, name): &(bool, String)| format!("{}{name}", if *wildcard { "*." } else { "" });
        lines.extend(names.iter().map(|name| format!("mx: {}", pattern(name))));
        let length = lines.len();
        lines.rotate_left(turn % length);
        let read = ReadPolicy::read(lines.join(line_end).as_bytes());
        prop_assert_eq!(&read.faults, &Vec::new());
        let policy = read.policy.expect("a policy");
        prop_assert_eq!(policy.mode.as_str(), mode);
        prop_assert_eq!(policy.max_age, age);
        let mut read: Vec<String> = policy.mx.iter().map(ToString::to_string).collect();
        let mut expected: Vec<String> = names.iter().map(pattern).collect();
        read.sort();
        expected.sort();
        prop_assert_eq!(read, expected);
        // A host is named by itself or by the wildcard above it, and by no wildcard of the same or a higher name.
        for (wildcard, name) in &names {
            let host = DomainName::parse(&if *wildcard { format!("mx.{name}") } else { name.clone() }).expect("a name");
            prop_assert!(policy.mx.iter().any(|pattern| pattern.matches(&host)));
        }
        let stranger = DomainName::parse("a.b.c.d.e.f.stranger").expect("a name");
        prop_assert!(!policy.mx.iter().any(|pattern| pattern.matches(&stranger)));
    }

    /// A line left out of a policy of four leaves exactly its key missing.
    #[test]
    fn each_line_is_needed(left_out in 0_usize..4) {
        let lines = ["version: STSv1", "mode: enforce", "mx: mail.contoso.example", "max_age: 86400"];
        let rest: Vec<&str> = lines.iter().enumerate().filter(|(place, _)| *place != left_out).map(|(_, line)| *line).collect();
        let read = ReadPolicy::read(rest.join("\n").as_bytes());
        let key = ["version", "mode", "mx", "max_age"][left_out];
        let faults: Vec<_> = read.faults.iter().map(|faulty| faulty.fault).collect();
        prop_assert_eq!(faults, vec![MtaStsPolicyFault::Missing { key }]);
        prop_assert!(read.policy.is_none());
    }
}
