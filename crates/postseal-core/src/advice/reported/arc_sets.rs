use super::ReportedResults;
use crate::arc::{ArcCause, ArcResult, described_sets};
use crate::dns::DomainName;
use crate::message::HeaderSection;

/// What the ARC fields of a header section say, without any signature being verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedArcSets {
    /// The sets, in the order of their instances; what a set lacks is `None`.
    pub sets: Vec<ReportedArcSet>,
    /// Why they are no chain.
    pub fault: Option<ArcCause>,
}

/// One set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedArcSet {
    /// `i=`, 1 to 50.
    pub instance: u8,
    /// `d=` of the seal, where it can be read.
    pub sealer: Option<DomainName>,
    /// `cv=` of the seal, where it can be read.
    pub chain_status: Option<ArcResult>,
    /// What the sealer had found.
    pub results: Option<ReportedResults>,
}

impl ReportedArcSets {
    /// Reads the ARC fields; `None` where there are none.
    pub fn read(section: &HeaderSection) -> Option<ReportedArcSets> {
        let (described, fault) = described_sets(section);
        let sets: Vec<ReportedArcSet> = described
            .into_iter()
            .map(|set| ReportedArcSet {
                instance: set.instance,
                sealer: set.sealer,
                chain_status: set.status,
                results: set.authentication_results.map(ReportedResults::read),
            })
            .collect();
        (!sets.is_empty() || fault.is_some()).then_some(ReportedArcSets { sets, fault })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sets_and_what_is_wrong() {
        let check = |fields: &str, expected: &[(u8, Option<&str>, Option<&str>)], fault: bool| {
            let section = HeaderSection::parse(fields.replace('\n', "\r\n").into_bytes());
            let read = ReportedArcSets::read(&section).expect("there are some");
            let sets: Vec<_> = read
                .sets
                .iter()
                .map(|set| {
                    (
                        set.instance,
                        set.sealer.as_ref().map(DomainName::as_str),
                        set.chain_status.map(ArcResult::as_str),
                    )
                })
                .collect();
            assert_eq!(sets, expected, "{fields}");
            assert_eq!(read.fault.is_some(), fault, "{fields}: {:?}", read.fault);
        };
        const ONE: &str = "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=list.example; s=s; b=AAAA\nARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/relaxed; d=list.example; s=s; h=from; bh=AAAA; b=AAAA\nARC-Authentication-Results: i=1; mx.example; spf=pass smtp.mailfrom=a.example\n";
        check(ONE, &[(1, Some("list.example"), Some("none"))], false);
        check(&ONE.replace("cv=none", "cv=pass"), &[(1, Some("list.example"), Some("pass"))], true);
        check("ARC-Seal: i=2; cv=pass; d=b.example\n", &[(2, Some("b.example"), Some("pass"))], true);
        check(
            "ARC-Authentication-Results: i=1; mx.example; dmarc=fail header.from=a.example\n",
            &[(1, None, None)],
            true,
        );
        let section = HeaderSection::parse(ONE.replace('\n', "\r\n").into_bytes());
        let read = ReportedArcSets::read(&section).expect("there is one");
        let results = read.sets[0].results.as_ref().expect("there are some");
        assert_eq!(results.authserv_id.as_deref(), Some("mx.example"));
        assert_eq!(results.results[0].evidence, "spf=pass smtp.mailfrom=a.example");
        assert_eq!(ReportedArcSets::read(&HeaderSection::parse(b"From: a\r\n".to_vec())), None);
    }
}
