/// Exchange Online's own result, `compauth=`: what it makes of SPF, DKIM, DMARC and what it
/// knows besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompositeAuthentication {
    /// `pass`, `fail`, `softpass`, `none`, as written.
    pub result: String,
    /// `reason=`, as written: three digits.
    pub reason: Option<String>,
}

/// What the digits of `reason=` mean (Microsoft: anti-spam message headers).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompositeReason {
    /// 000: DMARC failed, and the domain's policy is quarantine or reject.
    ExplicitFail,
    /// 001: the domain publishes nothing, or nothing strict, and nothing else speaks for the message.
    ImplicitFail,
    /// 002: the organisation forbids this pair of sender and domain.
    Forbidden,
    /// 010: DMARC failed for the recipient's own domain.
    OwnDomainFail,
    /// 109: no DMARC record, but what passed is aligned.
    AlignedWithoutRecord,
    /// 111, 116: the sending server's name in the DNS is aligned.
    AlignedName,
    /// 130: a trusted ARC seal says that the message passed before it was forwarded.
    ArcOverride,
    /// Other 1xx, and 7xx: passed.
    Pass,
    /// 2xx: passed for want of anything against it.
    SoftPass,
    /// 3xx: not checked.
    NotChecked,
    /// 4xx, 9xx: the check was bypassed.
    Bypassed,
    /// 6xx: failed for one of the recipient's own domains.
    OwnDomainImplicitFail,
    /// Not in Microsoft's list.
    Undocumented,
}

impl CompositeAuthentication {
    /// What the reason means; `None` where there is none.
    pub fn meaning(&self) -> Option<CompositeReason> {
        use CompositeReason as Reason;
        let reason = self.reason.as_deref()?;
        let digits = reason.len() == 3 && reason.bytes().all(|b| b.is_ascii_digit());
        Some(match reason {
            _ if !digits => Reason::Undocumented,
            "000" => Reason::ExplicitFail,
            "001" => Reason::ImplicitFail,
            "002" => Reason::Forbidden,
            "010" => Reason::OwnDomainFail,
            "109" => Reason::AlignedWithoutRecord,
            "111" | "116" => Reason::AlignedName,
            "130" => Reason::ArcOverride,
            "604" | "605" | "703" => Reason::Undocumented,
            _ => match reason.as_bytes().first() {
                Some(b'1' | b'7') => Reason::Pass,
                Some(b'2') => Reason::SoftPass,
                Some(b'3') => Reason::NotChecked,
                Some(b'4' | b'9') => Reason::Bypassed,
                Some(b'6') => Reason::OwnDomainImplicitFail,
                _ => Reason::Undocumented,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::CompositeReason as Reason;
    use super::*;

    #[test]
    fn reads_reasons() {
        let check = |reason: &str, expected: Reason| {
            let composite =
                CompositeAuthentication { result: "x".to_owned(), reason: Some(reason.to_owned()) };
            assert_eq!(composite.meaning(), Some(expected), "{reason}");
        };
        check("000", Reason::ExplicitFail);
        check("001", Reason::ImplicitFail);
        check("010", Reason::OwnDomainFail);
        check("100", Reason::Pass);
        check("109", Reason::AlignedWithoutRecord);
        check("116", Reason::AlignedName);
        check("130", Reason::ArcOverride);
        check("201", Reason::SoftPass);
        check("301", Reason::NotChecked);
        check("451", Reason::Bypassed);
        check("601", Reason::OwnDomainImplicitFail);
        check("605", Reason::Undocumented);
        check("701", Reason::Pass);
        check("903", Reason::Bypassed);
        check("003", Reason::Undocumented);
        check("1300", Reason::Undocumented);
        check("", Reason::Undocumented);
    }
}
